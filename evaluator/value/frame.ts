/**
 * Frames of variables: one object each, where an array would be two. Four classes and no more, whose fields lie at the same
 * places, so that the machine code which reads a variable knows them all: V8 tells four classes apart quickly, a fifth not.
 * Slot 1 is `a`, slot 2 `b`.. `undefined` in a slot means that the frame is being filled.
 */
import { FunctionValue, forceThunk, type Lazy, Thunk, type Value } from "./value.ts";

export type Slot = Lazy | undefined;

export class Frame1 {
  /** The enclosing frame; null outside all, and in frames that no source text sees. */
  up: Env | null;
  a: Slot;
  constructor(up: Env | null, a: Slot) {
    this.up = up;
    this.a = a;
  }
}

/** What all frames have in common. */
export type Env = Frame1;

export class Frame2 {
  up: Env | null;
  a: Slot;
  b: Slot;
  constructor(up: Env | null, a: Slot, b: Slot) {
    this.up = up;
    this.a = a;
    this.b = b;
  }
}

/** Of three or four. */
export class Frame4 {
  up: Env | null;
  a: Slot;
  b: Slot;
  c: Slot;
  d: Slot;
  constructor(up: Env | null, a: Slot, b: Slot, c: Slot, d: Slot) {
    this.up = up;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
  }
}

/** Of more than four. The fifth is a field too: functions of five parameters are common. */
export class LargeFrame {
  up: Env | null;
  a: Slot;
  b: Slot;
  c: Slot;
  d: Slot;
  e: Slot;
  readonly others: Slot[];
  constructor(up: Env | null, a: Slot, b: Slot, c: Slot, d: Slot, e: Slot, others: Slot[]) {
    this.up = up;
    this.a = a;
    this.b = b;
    this.c = c;
    this.d = d;
    this.e = e;
    this.others = others;
  }
}

/** How many slots of a large frame are fields. */
const fieldCount = 5;

/** Nothing is ever written to it. */
const noOthers: Slot[] = [];

export const noFrame: Env = new Frame1(null, undefined);

const blanks: (readonly undefined[])[] = [];

/** Copies of an array that has no holes are allocated in one piece. */
function blankSlots(count: number): Slot[] {
  let blank = blanks[count];
  if (blank === undefined) {
    const made: undefined[] = [];
    while (made.length < count) made.push(undefined);
    blanks[count] = made;
    blank = made;
  }
  return blank.slice();
}

/** A frame to fill. */
export function blankFrame(up: Env | null, count: number): Env {
  if (count <= 1) return new Frame1(up, undefined);
  if (count === 2) return new Frame2(up, undefined, undefined);
  if (count <= 4) return new Frame4(up, undefined, undefined, undefined, undefined);
  const others = count === fieldCount ? noOthers : blankSlots(count - fieldCount);
  return new LargeFrame(up, undefined, undefined, undefined, undefined, undefined, others);
}

export function frameOfSlots(up: Env | null, slots: readonly Slot[]): Env {
  const count = slots.length;
  if (count <= 1) return new Frame1(up, slots[0]);
  if (count === 2) return new Frame2(up, slots[0], slots[1]);
  if (count === 3) return new Frame4(up, slots[0], slots[1], slots[2], undefined);
  if (count === 4) return new Frame4(up, slots[0], slots[1], slots[2], slots[3]);
  const others = count === fieldCount ? noOthers : slots.slice(fieldCount);
  return new LargeFrame(up, slots[0], slots[1], slots[2], slots[3], slots[4], others);
}

export function getSlot(frame: Env, slot: number): Slot {
  switch (slot) {
    case 1:
      return frame.a;
    case 2:
      return (frame as Frame2).b;
    case 3:
      return (frame as Frame4).c;
    case 4:
      return (frame as Frame4).d;
    case 5:
      return (frame as LargeFrame).e;
    default:
      return (frame as LargeFrame).others[slot - fieldCount - 1];
  }
}

export function setSlot(frame: Env, slot: number, value: Slot): void {
  switch (slot) {
    case 1:
      frame.a = value;
      return;
    case 2:
      (frame as Frame2).b = value;
      return;
    case 3:
      (frame as Frame4).c = value;
      return;
    case 4:
      (frame as Frame4).d = value;
      return;
    case 5:
      (frame as LargeFrame).e = value;
      return;
    default:
      (frame as LargeFrame).others[slot - fieldCount - 1] = value;
  }
}

/** The slots of a frame that is filled, in their order. */
export function slotsOf(frame: Env, count: number): Lazy[] {
  const slots: Lazy[] = [];
  for (let slot = 1; slot <= count; slot++) slots.push(getSlot(frame, slot) as Lazy);
  return slots;
}

/** Computes a variable in place: a thunk is replaced by its value, but for a function (see `forceElement`). */
export function forceSlot(frame: Env, slot: number, thunk: Thunk): Value {
  const value = thunk.code === null ? (thunk.slot as Value) : forceThunk(thunk);
  if (!(value instanceof FunctionValue)) setSlot(frame, slot, value);
  return value;
}

export function frameAt(env: Env, depth: number): Env {
  let frame = env;
  for (let up = depth; up > 0; up--) frame = frame.up as Env;
  return frame;
}

/** The value of a variable. */
export function readFrame(frame: Env, slot: number): Value {
  const value = getSlot(frame, slot) as Lazy;
  return value instanceof Thunk ? forceSlot(frame, slot, value) : value;
}

/** The value of a variable, for nodes that would otherwise call a closure to get it. */
export function readVariable(env: Env, depth: number, slot: number): Value {
  let frame = env;
  for (let up = depth; up > 0; up--) frame = frame.up as Env;
  const value = getSlot(frame, slot) as Lazy;
  return value instanceof Thunk ? forceSlot(frame, slot, value) : value;
}
