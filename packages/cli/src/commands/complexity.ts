import type { Command } from 'commander';
import { subcommand, type CommonOptions, type Performer } from '../command/handle.js';

export interface ComplexityCommandOptions extends CommonOptions {
  readonly rule?: string;
  readonly weights?: string;
}

/** `asc complexity`: what a network costs, layer by layer, and which official limits it meets. */
export function addComplexityCommand(program: Command, perform: Performer): void {
  subcommand(
    program,
    'complexity <NAME|RUN|FILE.onnx>',
    'count parameters, MACs and bytes per layer, against the official limits',
    'asc complexity dcase2024 --rule dcase2024\nasc complexity runs/amfm --rule dcase2021\nasc complexity model.int8.onnx',
  )
    .option('--rule <NAME>', 'only this edition of DCASE Task 1, e.g. dcase2024')
    .option('--weights <FILE>', "count the zeros in a preset's weights: a safetensors file with PyTorch's names")
    .action((subject: string, options: ComplexityCommandOptions) =>
      perform(options, async () => (await import('../actions/complexity.js')).countComplexity(subject, options)),
    );
}
