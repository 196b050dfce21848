/** What a worker loads first, so that the rest loads quickly. Its first argument names the module that it is for. */
import { resolveQuickly } from "#store/std/quick-resolve.ts";

resolveQuickly();
await import(new URL(process.argv[2] ?? "", import.meta.url).href);
