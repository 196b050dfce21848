/** Puts a string together from pieces, gathering their contexts. */
import { type Context, ContextString } from "./value.ts";

export class TextBuilder {
  text = "";
  context: Context | null = null;
  /** `context` is ours to add to. */
  #owned: Set<string> | null = null;

  append(piece: string | ContextString): void {
    if (typeof piece === "string") {
      this.text += piece;
      return;
    }
    this.text += piece.text;
    this.addContext(piece.context);
  }

  addContext(context: Context): void {
    if (this.context === null) {
      this.context = context;
      return;
    }
    if (context === this.context) return;
    for (const element of context) this.addElement(element);
  }

  addElement(element: string): void {
    if (this.context?.has(element)) return;
    if (this.#owned === null) {
      this.#owned = new Set(this.context ?? []);
      this.context = this.#owned;
    }
    this.#owned.add(element);
  }

  finish(): string | ContextString {
    return this.context === null || this.context.size === 0 ? this.text : new ContextString(this.text, this.context);
  }
}

export function withContext(text: string, context: Context): string | ContextString {
  return context.size === 0 ? text : new ContextString(text, context);
}
