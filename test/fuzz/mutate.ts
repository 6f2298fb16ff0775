import type {Random} from './random';
import {growTree, nodesOf, writeTree} from './tree';
import type {Tree} from './tree';

/** Size to which a mutation may blow a value up: what the certificate parser has to bear. */
export const MAX_BYTES = 64 * 1024;

/** Contents that have broken parsers before: NUL, controls, overlong UTF-8, surrogates, bidi, wide numbers, odd names. */
const CONTENTS: readonly [Buffer, ...Buffer[]] = [
  Buffer.alloc(0),
  ...['00', 'ff', '80', '7fffffff', '0080000000', 'c0af', 'eda080', 'efbfbf', 'e280ae', '0001', '0701', '8080808001']
    .concat(['ff'.repeat(64), '80'.repeat(63) + '01', '81'.repeat(63) + '01'])
    .map(digits => Buffer.from(digits, 'hex')),
  ...['*.example', 'a\0b', 'x@y', '.', 'a..b', 'http://[::1]/', '99991231235959Z', '500230000000Z', '\ufdfa'.repeat(40)]
    .concat(['a.'.repeat(2000), 'ß'.repeat(500), '@'.repeat(3000), ' '.repeat(3000)])
    .map(text => Buffer.from(text)),
];

type ByteMutation = (bytes: Buffer, random: Random, other: Buffer) => Buffer;

const BYTE_MUTATIONS: readonly [ByteMutation, ...ByteMutation[]] = [
  (bytes, random) => edited(bytes, random.below(bytes.length), octet => octet ^ (1 << random.below(8))),
  (bytes, random) => edited(bytes, random.below(bytes.length), () => random.below(256)),
  (bytes, random) => bytes.subarray(0, random.below(bytes.length)),
  (bytes, random) => spliced(bytes, random, 1 + random.below(8), Buffer.alloc(0)),
  (bytes, random) => spliced(bytes, random, 0, random.bytes(1 + random.below(8))),
  (bytes, random, other) => spliced(bytes, random, 0, other.subarray(random.below(other.length)).subarray(0, 64)),
];

function edited(bytes: Buffer, offset: number, edit: (octet: number) => number): Buffer {
  const copy = Buffer.from(bytes);
  copy.writeUInt8(edit(copy.readUInt8(offset)) & 0xff, offset);
  return copy;
}

function spliced(bytes: Buffer, random: Random, remove: number, insert: Buffer): Buffer {
  const offset = random.below(bytes.length);
  return Buffer.concat([bytes.subarray(0, offset), insert, bytes.subarray(offset + remove)]);
}

type TreeMutation = (node: Tree, random: Random, other: Tree) => void;

const TREE_MUTATIONS: readonly [TreeMutation, ...TreeMutation[]] = [
  (node, random) => {
    node.tag = random.below(256);
  },
  (node, random) => {
    node.tag ^= random.pick([0x20, 0x80, 0x01, 0x02]);
  },
  (node, random) => {
    node.content = random.pick(CONTENTS);
    node.children = undefined;
  },
  (node, random) => {
    node.content = random.bytes(random.below(12));
    node.children = undefined;
  },
  (node, random) => {
    node.children?.splice(random.below(node.children.length + 1), 1);
  },
  (node, random) => {
    node.children?.reverse();
    if (random.below(2) === 0) node.children?.push(...node.children);
  },
  (node, random, other) => {
    // A copy: a node that is lent twice could end up inside itself.
    const lent = growTree(writeTree(random.pick(nodesOf(other))));
    node.children?.splice(random.below(node.children.length + 1), random.below(2), lent);
  },
  (node, random) => {
    for (let levels = random.below(40); levels > 0; levels--)
      Object.assign(node, {tag: 0x30, prefix: Buffer.alloc(0), children: [{...node}]});
  },
];

/** Many equal children: what is quadratic shows here. Once per mutant, or its size would explode. */
function crowd(node: Tree): void {
  const [child] = node.children ?? [];
  if (child === undefined || node.children === undefined) return;
  const size = writeTree(child).length;
  node.children.push(...Array.from({length: Math.floor(MAX_BYTES / 2 / size)}, () => child));
}

/** A damaged copy of one sample; `other` lends its parts. Never longer than {@link MAX_BYTES}. */
export function mutate(sample: Buffer, other: Buffer, random: Random): Buffer {
  let mutant = random.below(3) === 0 ? sample : mutateTree(sample, other, random);
  const rounds = mutant === sample ? 1 + random.below(3) : random.below(2);
  for (let round = 0; round < rounds && mutant.length > 0; round++)
    mutant = random.pick(BYTE_MUTATIONS)(mutant, random, other);
  return mutant.subarray(0, MAX_BYTES);
}

function mutateTree(sample: Buffer, other: Buffer, random: Random): Buffer {
  const tree = growTree(sample);
  const lender = growTree(other);
  for (let round = 0; round <= random.below(3); round++)
    random.pick(TREE_MUTATIONS)(random.pick(nodesOf(tree)), random, lender);
  if (random.below(50) === 0) crowd(random.pick(nodesOf(tree)));
  return writeTree(tree);
}
