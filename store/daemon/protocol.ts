/**
 * Numbers of the worker protocol, which Nix's clients and daemons speak over a socket or a pair of pipes.
 * Source: Nix's `worker-protocol.hh`; docs/formats/worker-protocol.md.
 */

export const CLIENT_MAGIC = 0x6e697863;
export const DAEMON_MAGIC = 0x6478696f;

/** Minor version; the major one has been 1 since ever. */
export type ProtocolVersion = number;

export const OUR_VERSION: ProtocolVersion = 38;
/** What Nix 2.4 speaks; all that is older reads NARs without frames. */
export const OLDEST_VERSION: ProtocolVersion = 32;

const MAJOR = 1 << 8;

export function encodeVersion(version: ProtocolVersion): number {
  return MAJOR | version;
}

/** Null when the major version is not 1. */
export function decodeVersion(wire: number): ProtocolVersion | null {
  return (wire & 0xff00) === MAJOR ? wire & 0xff : null;
}

/** From which version on something is part of a message. */
export const SINCE = {
  daemonVersionText: 33,
  buildPathsWithResults: 34,
  trust: 35,
  processorTimes: 37,
  features: 38,
} as const;

/** What a daemon sends before it answers. */
export const MESSAGE = {
  next: 0x6f6c6d67,
  read: 0x64617461,
  write: 0x64617416,
  last: 0x616c7473,
  error: 0x63787470,
  startActivity: 0x53545254,
  stopActivity: 0x53544f50,
  result: 0x52534c54,
} as const;

export const OPERATION = {
  isValidPath: 1,
  queryReferrers: 6,
  addToStore: 7,
  addTextToStore: 8,
  buildPaths: 9,
  ensurePath: 10,
  addTempRoot: 11,
  addIndirectRoot: 12,
  syncWithGc: 13,
  findRoots: 14,
  queryDeriver: 18,
  setOptions: 19,
  collectGarbage: 20,
  querySubstitutablePathInfo: 21,
  queryDerivationOutputs: 22,
  queryAllValidPaths: 23,
  queryPathInfo: 26,
  queryDerivationOutputNames: 28,
  queryPathFromHashPart: 29,
  querySubstitutablePathInfos: 30,
  queryValidPaths: 31,
  querySubstitutablePaths: 32,
  queryValidDerivers: 33,
  optimiseStore: 34,
  verifyStore: 35,
  buildDerivation: 36,
  addSignatures: 37,
  narFromPath: 38,
  addToStoreNar: 39,
  queryMissing: 40,
  queryDerivationOutputMap: 41,
  registerDrvOutput: 42,
  queryRealisation: 43,
  addMultipleToStore: 44,
  addBuildLog: 45,
  buildPathsWithResults: 46,
} as const;

export type OperationName = keyof typeof OPERATION;

export const ACTIVITY = { unknown: 0, copyPath: 100, fileTransfer: 101, builds: 104, build: 105 } as const;
export const RESULT = { buildLogLine: 101, setPhase: 104, progress: 105, setExpected: 106 } as const;
/** Levels of messages: what a client shows without `-v` ends with `info`. */
export const LEVEL = { error: 0, warn: 1, notice: 2, info: 3 } as const;

export const GC_ACTION = { returnLive: 0, returnDead: 1, deleteDead: 2, deleteSpecific: 3 } as const;
export const BUILD_MODES = ["normal", "repair", "check"] as const;

/** How a build ended, as `BuildResult` says it. */
export const BUILD_STATUS = {
  built: 0,
  substituted: 1,
  alreadyValid: 2,
  permanentFailure: 3,
  inputRejected: 4,
  outputRejected: 5,
  transientFailure: 6,
  timedOut: 8,
  miscFailure: 9,
  dependencyFailed: 10,
  notDeterministic: 12,
} as const;
