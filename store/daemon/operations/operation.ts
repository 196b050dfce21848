import type { OperationName } from "../protocol.ts";
import type { Session } from "../session.ts";

/** Reads its arguments, works, answers: see `Session`. */
export type Operation = (session: Session) => Promise<void>;

export type Operations = Readonly<Partial<Record<OperationName, Operation>>>;
