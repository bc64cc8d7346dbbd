import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { fixture, startHostProcess, temporaryFolder } from './host-process.ts';

const app = fixture('sample-app');
/** The schedule of the app's `tick`: Mondays at 05:00 UTC. */
const week = 7 * 86_400_000;

function lastMonday(now: number): number {
  const midnight = Math.floor(now / 86_400_000) * 86_400_000;
  const monday = midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * 86_400_000 + 5 * 3_600_000;
  return monday > now ? monday - week : monday;
}

describe('the schedule of a timer', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  beforeEach(async () => {
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await folder.remove();
  });

  const status = z.object({ last: z.string().nullable(), next: z.string(), lastUpdated: z.string() });
  const statusPath = (): string => join(folder.path, 'timers', 'tick.json');

  async function record(last: number | null, next: number): Promise<void> {
    await mkdir(join(folder.path, 'timers'), { recursive: true });
    const text = (time: number): string => new Date(time).toISOString();
    const lastUpdated = text(last ?? next - week);
    await writeFile(
      statusPath(),
      JSON.stringify({ last: last === null ? null : text(last), next: text(next), lastUpdated }),
    );
  }

  /** What a host with this state does: its log, and the status it leaves. */
  async function run(until: string): Promise<{ output: string; left: z.infer<typeof status> }> {
    const host = await startHostProcess({ app, state: folder.path });
    // `atStart` is always run at start; what is late runs beside it.
    await host.printed("Executed 'Functions.atStart' (Succeeded");
    await host.printed(until);
    await host.stop();
    return { output: host.output(), left: status.parse(JSON.parse(await readFile(statusPath(), 'utf8'))) };
  }

  it('runs nothing late in a fresh stack, and remembers when it is due', async () => {
    const before = Date.now();
    const { output, left } = await run('tick: timer');
    expect(output).not.toContain("Executing 'Functions.tick'");
    expect(left.last).toBeNull();
    expect(Date.parse(left.next)).toBe(lastMonday(before) + week);
  });

  it('runs nothing late that was never run before, however old its record', async () => {
    const monday = lastMonday(Date.now());
    await record(null, monday - week);
    const { output, left } = await run('tick: timer');
    expect(output).not.toContain("Executing 'Functions.tick'");
    expect(Date.parse(left.next)).toBe(monday + week);
  });

  it('runs once, past due, what was missed since a recorded run, also when several were', async () => {
    const monday = lastMonday(Date.now());
    await record(monday - 3 * week, monday - 2 * week);
    const { output, left } = await run("Executed 'Functions.tick'");
    expect(output.split("Executing 'Functions.tick'")).toHaveLength(2);
    const shown = /tick (\{.*\})/.exec(output)?.[1] ?? '';
    expect(JSON.parse(shown)).toEqual({
      schedule: { adjustForDST: true },
      scheduleStatus: {
        last: `${new Date(monday - 3 * week).toISOString().slice(0, -1)}+00:00`,
        next: `${new Date(monday - 2 * week).toISOString().slice(0, -1)}+00:00`,
        lastUpdated: `${new Date(monday - 3 * week).toISOString().slice(0, -1)}+00:00`,
      },
      isPastDue: true,
    });
    expect(Date.parse(left.last ?? '')).toBeGreaterThan(monday);
    expect(Date.parse(left.next)).toBe(monday + week);
  });

  it('waits for the next occurrence when none was missed', async () => {
    const monday = lastMonday(Date.now());
    await record(monday, monday + week);
    const { output, left } = await run('tick: timer');
    expect(output).not.toContain("Executing 'Functions.tick'");
    expect(Date.parse(left.last ?? '')).toBe(monday);
  });

  it('runs nothing late when the schedule was another one', async () => {
    const monday = lastMonday(Date.now());
    await record(monday - 2 * week, monday - 2 * week + 3_600_000);
    const { output, left } = await run('tick: timer');
    expect(output).not.toContain("Executing 'Functions.tick'");
    expect(left.last).toBeNull();
  });

  it('ticks every second without overlap, and keeps no record of so frequent a timer', async () => {
    const host = await startHostProcess({ app, state: folder.path, environment: { WATCH_SECONDS: '1' } });
    const executed = "Executed 'Functions.everySecond' (Succeeded";
    await host.printed(executed);
    await host.printed(executed, host.output().lastIndexOf(executed) + 1);
    await host.stop();
    expect(host.output()).toContain('second: 1 running, status null');
    expect(host.output()).not.toContain('second: 2 running');
    await expect(readFile(join(folder.path, 'timers', 'everySecond.json'))).rejects.toThrow('ENOENT');
  });
});
