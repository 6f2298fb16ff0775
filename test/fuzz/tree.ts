import {childrenOf, contentOf, parseDer, Tag} from '../../src/x509/der';
import type {DerNode} from '../../src/x509/der';
import {tlv} from '../x509/der-writer';

/**
 * DER as a tree that can be changed: every length is written anew, so that what was changed is reached by the
 * parsers behind the lengths. DER inside OCTET STRING and BIT STRING is part of the tree.
 */
export interface Tree {
  tag: number;
  /** Octets before the children: the unused-bits octet of a BIT STRING that holds DER. */
  prefix: Buffer;
  content: Buffer;
  children: Tree[] | undefined;
}

export function growTree(bytes: Buffer): Tree {
  return treeOf(parseDer(bytes));
}

function treeOf(node: DerNode): Tree {
  const content = contentOf(node);
  const leaf = {tag: node.tag, prefix: Buffer.alloc(0), content, children: undefined};
  if ((node.tag & 0x20) !== 0) return {...leaf, children: childrenOf(node).map(treeOf)};
  if (node.tag === Tag.OCTET_STRING) return withInner(leaf, content, leaf.prefix);
  if (node.tag === Tag.BIT_STRING) return withInner(leaf, content.subarray(1), content.subarray(0, 1));
  return leaf;
}

function withInner(leaf: Tree, inner: Buffer, prefix: Buffer): Tree {
  try {
    return {...leaf, prefix, children: [growTree(inner)]};
  } catch {
    return leaf;
  }
}

export function writeTree(tree: Tree): Buffer {
  if (tree.children === undefined) return tlv(tree.tag, tree.content);
  return tlv(tree.tag, tree.prefix, ...tree.children.map(writeTree));
}

/** Every node, parents before children. */
export function nodesOf(tree: Tree): [Tree, ...Tree[]] {
  const nodes: [Tree, ...Tree[]] = [tree];
  for (const node of nodes) if (node.children !== undefined) nodes.push(...node.children);
  return nodes;
}
