import type { InvocationContext, PreInvocationContext } from '@azure/functions';
import { theTelemetry } from '../shared/app.ts';
import type { Attributes, OpenSpan } from '../shared/telemetry.ts';

/** An orchestrator is run again and again, and must do nothing but wait: its activities have the spans. */
const NOT_TRACED = new Set(['orchestrationTrigger', 'entityTrigger']);

/** What is the same for every invocation of a function. */
interface Traced {
  readonly isHttp: boolean;
  readonly isTraced: boolean;
  readonly options: { readonly attributes: Attributes; readonly always: boolean };
}

/** By name. A host may make an invocation's options anew each time they are looked at. */
const known = new Map<string, Traced>();

/**
 * A hook that has every invocation run within a span: one of the trace that the caller, or whoever started the
 * orchestration, has begun. Of the request it says the route's pattern, never the path or the body.
 */
export async function traceInvocation(hook: PreInvocationContext): Promise<void> {
  const { invocationContext: context, functionHandler: handler } = hook;
  const name = context.functionName;
  let traced = known.get(name);
  if (traced === undefined) known.set(name, (traced = tracedOf(context)));
  const { isHttp, isTraced, options } = traced;
  if (!isTraced) return;
  const telemetry = await theTelemetry();
  const parent = orderedBy(hook.inputs[0]) ?? context.traceContext?.traceParent;
  hook.functionHandler = (...inputs) =>
    telemetry.span(name, { ...options, parent }, async (span) => {
      const result: unknown = await handler(...inputs);
      if (isHttp) sayStatus(span, result);
      return result;
    });
}

function tracedOf({ options: { trigger, extraInputs } }: InvocationContext): Traced {
  const { type } = trigger;
  // What goes on by orchestrations, or starts one: few, and each of them is asked about later.
  const always = type === 'activityTrigger' || extraInputs.some((input) => input.type === 'durableClient');
  return {
    isHttp: type === 'httpTrigger',
    isTraced: !NOT_TRACED.has(type),
    options: { attributes: { 'faas.trigger': type, ...routeOf(trigger) }, always },
  };
}

/** The trace that an activity's order came with. */
function orderedBy(input: unknown): string | undefined {
  if (typeof input !== 'object' || input === null || !('traceparent' in input)) return undefined;
  return typeof input.traceparent === 'string' ? input.traceparent : undefined;
}

function routeOf(trigger: object): Attributes {
  return 'route' in trigger && typeof trigger.route === 'string' ? { 'http.route': trigger.route } : {};
}

function sayStatus(span: OpenSpan, reply: unknown): void {
  const given = typeof reply === 'object' && reply !== null && 'status' in reply ? reply.status : undefined;
  const status = typeof given === 'number' ? given : 200;
  span.set({ 'http.response.status_code': status });
  if (status >= 500) span.fail(String(status));
}
