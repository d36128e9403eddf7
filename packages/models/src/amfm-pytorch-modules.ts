/** Groups of the extended-MTL network, and where they lie in the authors' sequences. */
const GROUPS = [
  ['group1', 'features.2'],
  ['group2', 'features.5'],
  ['group3', 'features.7'],
  ['abstract_group', 'features2.0'],
  ['scene_group', 'features3.0'],
] as const;

/**
 * Module paths in the state dictionary of the extended-MTL network of Shim et al. 2022, by our layer names.
 *
 * Source: shimhz/AMFM; its CBAM is that of Jongchan/attention-module (MODELS/cbam.py).
 */
export function amfmPytorchModules(): Record<string, string> {
  const groups = GROUPS.flatMap(([ours, theirs]) => [
    [`${ours}_squeeze_conv`, `${theirs}.conv_a.filter`],
    [`${ours}_squeeze_norm`, `${theirs}.bn`],
    [`${ours}_expand_conv`, `${theirs}.conv.filter`],
    [`${ours}_attention_channel_gate/reduce`, `${theirs}.cbam.ChannelGate.mlp.1`],
    [`${ours}_attention_channel_gate/expand`, `${theirs}.cbam.ChannelGate.mlp.3`],
    [`${ours}_attention_spatial_gate`, `${theirs}.cbam.SpatialGate.spatial.conv`],
    [`${ours}_attention_spatial_gate/norm`, `${theirs}.cbam.SpatialGate.spatial.bn`],
  ]);
  return Object.fromEntries([
    ['stem_conv', 'features.0.filter'],
    ['group1_norm', 'features.4'],
    ['group3_norm', 'features.8'],
    ...groups,
    ['abstract_norm', 'features2.1'],
    ['abstract_hidden_dense', 'pre_mid.filter'],
    ['abstract', 'out_mid'],
    ['scene_norm', 'features3.1'],
    ['scene_hidden_dense', 'fc1.filter'],
    ['scene', 'fc_last'],
  ]) as Record<string, string>;
}
