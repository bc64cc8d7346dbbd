import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { PartitionLog, type LogLimits } from './partition-log.ts';
import { findEnd, flushFolder, listSegments, segmentAt, type Segment } from './segment-files.ts';
import { SegmentList } from './segment-list.ts';
import { openWriter } from './segment-writer.ts';

/** A log whose segments don't follow on each other: a file was lost or changed. */
export class DamagedLog extends Error {
  override readonly name = 'DamagedLog';
}

/**
 * Opens a partition's log, or starts an empty one. What a kill or a crash left half-written behind the last
 * acknowledged event is cut off.
 * @param now milliseconds since 1970
 * @throws DamagedLog
 */
export async function openLog(folder: string, limits: LogLimits, now: () => number): Promise<PartitionLog> {
  await mkdir(folder, { recursive: true });
  await flushFolder(dirname(folder));
  const found = await listSegments(folder);
  const current = found.at(-1) ?? segmentAt(folder, 0, 0);
  const finished = found.slice(0, -1);
  const file = await openWriter(current.path, found.length === 0);
  try {
    if (found.length === 0) await flushFolder(folder);
    const end = await findEnd(current);
    if (end.size < end.fileSize) await file.truncate(end.size);

    // A segment that was just started holds nothing yet; the log's last event is then in the one before.
    const before = finished.at(-1);
    const last = end.last ?? (before === undefined ? undefined : (await findEnd(before)).last);
    const newest = new Map<Segment, number>();
    for (const [index, segment] of finished.entries()) {
      const { size, mtimeMs } = await stat(segment.path);
      const next = found[index + 1] ?? current;
      if (segment.firstPosition + size < next.firstPosition) {
        throw new DamagedLog(`${segment.path} ends before ${next.path} starts`);
      }
      newest.set(segment, mtimeMs);
    }
    const log = new PartitionLog(
      {
        folder,
        segments: new SegmentList(folder, newest, current),
        file,
        end: { sequence: end.nextSequence, position: current.firstPosition + end.size },
        last,
      },
      limits,
      now,
    );
    await log.applyRetention();
    return log;
  } catch (error) {
    await file.close();
    throw error;
  }
}
