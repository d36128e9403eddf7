import type { Command } from 'commander';
import type { CommandContext, CommandResult } from './command-context.js';

/** Options every command knows. */
export interface CommonOptions {
  readonly json?: boolean;
  readonly debug?: boolean;
}

/** Runs the work of a command with a fresh context and shows what it gives back. */
export type Performer = (
  options: CommonOptions,
  work: (context: CommandContext) => Promise<CommandResult>,
) => Promise<void>;

/** A subcommand with the options and the example that every one has. */
export function subcommand(parent: Command, usage: string, summary: string, example: string): Command {
  return parent
    .command(usage)
    .description(summary)
    .option('--json', 'print one JSON document on stdout, and nothing else there')
    .option('--debug', 'show where an error came from')
    .addHelpText('after', `\nExample:\n  ${example.split('\n').join('\n  ')}`);
}
