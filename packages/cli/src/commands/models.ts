import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';

/** `asc models`: every network that can be built by name. */
export function addModelsCommand(program: Command, perform: Performer): void {
  subcommand(program, 'models', 'list the networks and what they cost', 'asc models\nasc models --json').action(
    (options: CommonOptions) => perform(options, async () => (await import('../actions/models.js')).listModels()),
  );
}
