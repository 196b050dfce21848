/**
 * Calls. The callee is computed first, and what it is decides how arguments are passed: a lambda with a pattern and strict
 * parameters of builtins get theirs computed at once, without a thunk. A call of a builtin that is known now (`map f xs`,
 * `builtins.length x`) has no callee to compute at all; arithmetic and `<` are done in place.
 */
import type { Application, Expr } from "../syntax/ast.ts";
import { bindFormals, call1, call2, callAll, functionName } from "../value/call.ts";
import { LambdaValue, PartialCall, Primop, partialCall } from "../value/callable.ts";
import { blankFrame, Frame1, Frame2, Frame4, setSlot } from "../value/frame.ts";
import {
  type Code,
  type Env,
  enterCall,
  FunctionValue,
  finishedThunk,
  type Lazy,
  type Run,
  recursion,
  type Value,
} from "../value/value.ts";
import { compileArithmetic } from "./arithmetic.ts";
import { builtinMember } from "./attribute-access.ts";
import type { Compiler, Delay } from "./compiler.ts";
import { placed, traced, tracedBuiltin } from "./trace.ts";

interface Argument {
  readonly delay: Delay;
  readonly code: Code;
}

export function compileApplication(compiler: Compiler, expr: Application): Run {
  const builtin = builtinOf(compiler, expr.callee);
  if (builtin !== null) {
    const direct = compileArithmetic(compiler, builtin, expr) ?? compileBuiltinCall(compiler, builtin, expr);
    if (direct !== null) return direct;
  }
  const callee = compiler.compile(expr.callee);
  const args = expr.args.map((arg) => argumentOf(compiler, arg));
  // By index: taking arrays apart with a pattern makes an iterator each time, here and below.
  const first = args[0];
  const second = args[1];
  const third = args[2];
  if (first === undefined) return callee;
  if (second === undefined) return callWithOne(callee, first, expr.pos);
  if (third === undefined) return callWithTwo(callee, first, second, expr.pos);
  if (args.length === 3) return callWithThree(callee, first, second, third, expr.pos);
  return callWithMany(callee, args, expr.pos);
}

function argumentOf(compiler: Compiler, expr: Expr): Argument {
  const code = compiler.code(expr);
  return { delay: compiler.delay(expr, code), code };
}

/** A function must not stand where a thunk would: see `forceElement`. */
function strictArgument({ code }: Argument, env: Env): Lazy {
  const value = code.run(env);
  return value instanceof FunctionValue ? finishedThunk(value) : value;
}

/** The builtin that a callee is, whatever the frame. */
export function builtinOf(compiler: Compiler, callee: Expr): Primop | null {
  let value: Lazy | undefined;
  if (callee.kind === "variable" && callee.binding?.type === "global") {
    value = compiler.evaluation.globals.get(callee.binding.name);
  } else if (callee.kind === "select") {
    value = builtinMember(compiler, callee);
  }
  return value instanceof Primop ? value : null;
}

function passTo(primop: Primop, index: number, argument: Argument, env: Env): Lazy {
  return (primop.strict >> index) & 1 ? argument.code.run(env) : argument.delay(env);
}

function compileBuiltinCall(compiler: Compiler, primop: Primop, expr: Application): Run | null {
  if (primop.arity !== expr.args.length) return null;
  const { run, name, strict } = primop;
  const { pos } = expr;
  const pass = expr.args.map((arg, index) => ((strict >> index) & 1 ? compiler.compile(arg) : compiler.delay(arg)));
  const first = pass[0];
  const second = pass[1];
  const third = pass[2];
  if (first !== undefined && second === undefined) {
    return (env) => {
      let a: Lazy | undefined;
      try {
        a = first(env);
        return run(a);
      } catch (error) {
        throw tracedBuiltin(error, name, [a], pos);
      }
    };
  }
  if (first !== undefined && second !== undefined && third === undefined) {
    return (env) => {
      let a: Lazy | undefined;
      let b: Lazy | undefined;
      try {
        a = first(env);
        b = second(env);
        return run(a, b);
      } catch (error) {
        throw tracedBuiltin(error, name, [a, b], pos);
      }
    };
  }
  if (first !== undefined && second !== undefined && third !== undefined && pass.length === 3) {
    return (env) => {
      let a: Lazy | undefined;
      let b: Lazy | undefined;
      let c: Lazy | undefined;
      try {
        a = first(env);
        b = second(env);
        c = third(env);
        return run(a, b, c);
      } catch (error) {
        throw tracedBuiltin(error, name, [a, b, c], pos);
      }
    };
  }
  return (env) => {
    try {
      return run(...pass.map((make) => make(env)));
    } catch (error) {
      throw tracedBuiltin(error, name, [], pos);
    }
  };
}

function tracedCall(error: unknown, callee: Value, pos: number): unknown {
  if (callee instanceof LambdaValue) return traced(error, `while calling ${functionName(callee.code)}`, pos);
  if (callee instanceof Primop) return traced(error, `while calling the '${callee.name}' builtin`, pos);
  return placed(error, pos);
}

function callWithOne(callee: Run, arg: Argument, pos: number): Run {
  const { delay, code: argCode } = arg;
  return (env) => {
    const f = callee(env);
    const { depth } = recursion;
    try {
      enterCall(depth);
      let result: Value;
      if (f instanceof LambdaValue) {
        const { code } = f;
        if (code.formals !== null) result = code.body.run(bindFormals(f, argCode.run(env)));
        else if (code.arity !== 1) result = new PartialCall(f, 1, delay(env));
        else result = code.body.run(new Frame1(f.env, code.strict === 0 ? delay(env) : strictArgument(arg, env)));
      } else if (f instanceof Primop && f.arity === 1) result = f.run(passTo(f, 0, arg, env));
      else result = call1(f, delay(env));
      recursion.depth = depth;
      return result;
    } catch (error) {
      recursion.depth = depth;
      throw tracedCall(error, f, pos);
    }
  };
}

function callWithTwo(callee: Run, first: Argument, second: Argument, pos: number): Run {
  return (env) => {
    const f = callee(env);
    const { depth } = recursion;
    try {
      enterCall(depth);
      let result: Value;
      if (f instanceof LambdaValue && f.code.arity === 2) {
        const { body, strict } = f.code;
        const a = strict & 1 ? strictArgument(first, env) : first.delay(env);
        result = body.run(new Frame2(f.env, a, strict & 2 ? strictArgument(second, env) : second.delay(env)));
      } else if (f instanceof LambdaValue && f.code.arity > 2) {
        result = new PartialCall(f, 2, first.delay(env), second.delay(env));
      } else if (f instanceof Primop && f.arity === 2) {
        result = f.run(passTo(f, 0, first, env), passTo(f, 1, second, env));
      } else result = call2(f, first.delay(env), second.delay(env));
      recursion.depth = depth;
      return result;
    } catch (error) {
      recursion.depth = depth;
      throw tracedCall(error, f, pos);
    }
  };
}

function callWithThree(callee: Run, first: Argument, second: Argument, third: Argument, pos: number): Run {
  return (env) => {
    const f = callee(env);
    const { depth } = recursion;
    try {
      enterCall(depth);
      let result: Value;
      if (f instanceof LambdaValue && f.code.arity === 3) {
        const { body, strict } = f.code;
        const a = strict & 1 ? strictArgument(first, env) : first.delay(env);
        const b = strict & 2 ? strictArgument(second, env) : second.delay(env);
        const c = strict & 4 ? strictArgument(third, env) : third.delay(env);
        result = body.run(new Frame4(f.env, a, b, c, undefined));
      } else if (f instanceof LambdaValue && f.code.arity > 3) {
        result = new PartialCall(f, 3, first.delay(env), second.delay(env), [third.delay(env)]);
      } else if (f instanceof Primop && f.arity === 3) {
        result = f.run(passTo(f, 0, first, env), passTo(f, 1, second, env), passTo(f, 2, third, env));
      } else result = callAll(f, [first.delay(env), second.delay(env), third.delay(env)]);
      recursion.depth = depth;
      return result;
    } catch (error) {
      recursion.depth = depth;
      throw tracedCall(error, f, pos);
    }
  };
}

function callWithMany(callee: Run, args: readonly Argument[], pos: number): Run {
  const count = args.length;
  return (env) => {
    const f = callee(env);
    const { depth } = recursion;
    try {
      enterCall(depth);
      let result: Value;
      if (f instanceof LambdaValue && f.code.arity === count) {
        const frame = blankFrame(f.env, count);
        for (let index = 0; index < count; index++) setSlot(frame, index + 1, (args[index] as Argument).delay(env));
        result = f.code.body.run(frame);
      } else {
        const passed = args.map(({ delay }) => delay(env));
        result = f instanceof LambdaValue && f.code.arity > count ? partialCall(f, passed) : callAll(f, passed);
      }
      recursion.depth = depth;
      return result;
    } catch (error) {
      recursion.depth = depth;
      throw tracedCall(error, f, pos);
    }
  };
}
