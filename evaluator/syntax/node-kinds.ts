/**
 * Layout of the nodes of a `SyntaxTree`. A node is a run of 32-bit words: its kind (lower 8 bits) with flags above, its
 * place (offset in the text), then what the table says. Children are offsets of nodes, names and texts are indexes of
 * strings; 0 is the offset of no node. A `step` is a name's index times two, or a node's offset times two plus one.
 *
 * | kind | words |
 * |---|---|
 * | int | value |
 * | big-int, float, string, path | string |
 * | search-path | string, two variables |
 * | interpolation | count, parts; flags: the type; a slash after the first part of a path |
 * | variable | name, binding: depth and slot |
 * | select | from, fallback or 0, count, steps |
 * | has-attribute | from, count, steps |
 * | lambda | body, name or -1, count, parameters, words of formals, formals (name, place, fallback or 0); flags: formals, ellipsis |
 * | application | callee, count, arguments |
 * | attribute-set | counts of sources, attributes, dynamic attributes, then those; flag: recursive |
 * | inherited-from | source, name |
 * | list | count, elements |
 * | let; with; binary | bindings, body; scope, body; left, right (flags: the operator) |
 * | conditional; assert; not | condition, consequent, alternative; condition, text, body; operand |
 *
 * An attribute is name, place, value, inherited; a dynamic one name (a node), place, value.
 */
export const intNode = 1;
export const bigIntNode = 2;
export const floatNode = 3;
export const stringNode = 4;
export const pathNode = 5;
export const searchPathNode = 6;
export const interpolationNode = 7;
export const variableNode = 8;
export const selectNode = 9;
export const hasAttributeNode = 10;
export const lambdaNode = 11;
export const applicationNode = 12;
export const attributeSetNode = 13;
export const inheritedFromNode = 14;
export const listNode = 15;
export const letNode = 16;
export const withNode = 17;
export const conditionalNode = 18;
export const assertNode = 19;
export const binaryNode = 20;
export const notNode = 21;
export const currentPositionNode = 22;

/** In place of a variable's depth. A `with` look-up has its depths in the tree's list at `slot`. */
export const globalDepth = -1;
export const withDepth = -2;
export const unresolvedDepth = -3;

/** Flags, as they stand in a node's first word. */
export const kindMask = 0xff;
export const recursiveFlag = 0x100;
export const formalsFlag = 0x100;
export const ellipsisFlag = 0x200;
export const stringType = 0;
export const pathType = 0x100;
export const plusType = 0x200;
export const typeMask = 0x300;
export const slashFlag = 0x400;
export const operatorShift = 8;

export const binaryOperators = ["==", "!=", "&&", "||", "->", "//", "++"] as const;

/** Words of a set's node before its members, and of each member. */
export const setHeaderWords = 5;
export const attributeWords = 4;
export const dynamicWords = 3;
export const formalWords = 3;
