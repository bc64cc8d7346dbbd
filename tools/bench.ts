import { Argument } from 'commander';
import { benchBroker } from '../bench/broker.ts';
import { benchCollect } from '../bench/collect.ts';
import { benchDurable } from '../bench/durable.ts';
import { benchLearner } from '../bench/learner.ts';
import { benchMemory } from '../bench/memory.ts';
import { type BenchReport, formatReport, saveReport } from '../bench/report.ts';
import { benchRouting } from '../bench/routing.ts';
import { benchScoring } from '../bench/scoring.ts';
import { benchSummarise } from '../bench/summarise.ts';
import { benchWorkerStart } from '../bench/worker-start.ts';
import { commandLine, run } from './command-line.ts';

const BENCHMARKS = new Map<string, () => Promise<BenchReport>>([
  ['scoring', benchScoring],
  ['routing', benchRouting],
  ['broker', benchBroker],
  ['collect', benchCollect],
  ['durable', benchDurable],
  ['worker-start', benchWorkerStart],
  ['memory', benchMemory],
  ['learner', benchLearner],
  ['summarise', benchSummarise],
]);

await run(
  commandLine(
    'bench',
    'Measures each path beside its reference in the same run; results also in bench/results/*.json.',
  )
    .addArgument(new Argument('[name]', 'only this one').choices([...BENCHMARKS.keys()]))
    .action(async (name: string | undefined) => {
      for (const [each, measure] of BENCHMARKS) {
        if (name !== undefined && name !== each) continue;
        console.error(`Measuring ${each}...`);
        const report = await measure();
        await saveReport(report, new Date());
        console.log(formatReport(report));
      }
    }),
);
