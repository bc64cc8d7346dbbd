import { z } from 'zod';

/**
 * What a host process reports to the process that started it, over Node's channel between them. In the other
 * direction there is only the stack's common `{type: 'stop'}` (see ../child-protocol.ts).
 */

const functionReport = z.object({
  name: z.string(),
  /** The trigger's binding type, such as `httpTrigger`. */
  trigger: z.string(),
  /** One line for people: methods and URL, or the schedule. */
  description: z.string(),
});

const functionProblem = z.object({ name: z.string(), message: z.string() });

const hostReport = z.discriminatedUnion('type', [
  /** The port is bound; requests are held until the app is loaded. */
  z.object({ type: z.literal('listening'), http: z.object({ port: z.number() }) }),
  /** The app is loaded and its triggers run. `problems` names the functions that do not, and why. */
  z.object({
    type: z.literal('ready'),
    http: z.object({ port: z.number() }),
    functions: z.array(functionReport),
    problems: z.array(functionProblem),
  }),
  /** The host could not start; it ends with exit code 1. */
  z.object({ type: z.literal('failed'), message: z.string() }),
]);

export type FunctionReport = z.infer<typeof functionReport>;
export type FunctionProblem = z.infer<typeof functionProblem>;
export type HostReport = z.infer<typeof hostReport>;

/** The report in a message from a host, or undefined for any other message (an app may send its own). */
export function parseHostReport(message: unknown): HostReport | undefined {
  return hostReport.safeParse(message).data;
}
