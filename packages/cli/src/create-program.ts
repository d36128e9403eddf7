import { readFileSync } from 'node:fs';
import { Command } from 'commander';
import type { Performer } from './command/handle.js';
import { addBenchCommand } from './commands/bench.js';
import { addCompareCommand } from './commands/compare.js';
import { addComplexityCommand } from './commands/complexity.js';
import { addDatasetCommand } from './commands/dataset.js';
import { addEvaluateCommand } from './commands/evaluate.js';
import { addExportCommand } from './commands/export.js';
import { addFeaturesCommand } from './commands/features.js';
import { addListenCommand } from './commands/listen.js';
import { addModelsCommand } from './commands/models.js';
import { addPredictCommand } from './commands/predict.js';
import { addQuantizeCommand } from './commands/quantize.js';
import { addQuickstartCommand } from './commands/quickstart.js';
import { addSubmitCommand } from './commands/submit.js';
import { addTeachCommand } from './commands/teach.js';
import { addTrainCommand } from './commands/train.js';
import type { Sink } from './terminal/terminal.js';

/** In the order of the help. */
const COMMANDS = [
  addQuickstartCommand,
  addModelsCommand,
  addComplexityCommand,
  addDatasetCommand,
  addFeaturesCommand,
  addTrainCommand,
  addTeachCommand,
  addEvaluateCommand,
  addCompareCommand,
  addExportCommand,
  addQuantizeCommand,
  addPredictCommand,
  addSubmitCommand,
  addListenCommand,
  addBenchCommand,
];

/** The `asc` command with its subcommands; `perform` runs the work of one. */
export function createProgram(perform: Performer, out: { readonly stdout: Sink; readonly stderr: Sink }): Command {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  const program = new Command('asc')
    .description('Train, shrink, prove and run acoustic scene classifiers.')
    .version(version)
    .showHelpAfterError('(asc --help, or asc COMMAND --help, shows what is possible)')
    .addHelpText('after', '\nStart with:\n  asc quickstart');
  for (const add of COMMANDS) add(program, perform);
  settle(program, out);
  return program;
}

/** The same manners for a command and all below it: no exits, our streams, help at a readable width. */
function settle(command: Command, out: { readonly stdout: Sink; readonly stderr: Sink }): void {
  command
    .exitOverride()
    .helpCommand(false)
    .configureHelp({ helpWidth: 100, showGlobalOptions: false })
    .configureOutput({
      writeOut: (text) => void out.stdout.write(text),
      writeErr: (text) => void out.stderr.write(text),
    });
  for (const each of command.commands) settle(each, out);
}
