import { registerHooks } from 'node:module';
import { textOf } from './files.ts';

// GitHub's parser imports JSON as a bundler does, without saying that it is JSON.
registerHooks({
  load: (url, context, next) =>
    url.includes('/@actions/') && url.endsWith('.json')
      ? next(url, { ...context, importAttributes: { type: 'json' } })
      : next(url, context),
});
const { convertWorkflowTemplate, NoOperationTraceWriter, parseWorkflow } =
  await import('@actions/workflow-parser');
const { ErrorPolicy } = await import('@actions/workflow-parser/model/convert');

/** What is wrong with a GitHub workflow, by GitHub's own parser, the workflows that it calls included. */
export async function workflowFaults(name: string, content: string): Promise<string[]> {
  const { context, value } = parseWorkflow({ name, content }, new NoOperationTraceWriter());
  const messages = () => context.errors.getErrors().map(({ message }) => message);
  if (value === undefined || messages().length > 0) return messages();
  const files = {
    getFileContent: ({ path }: { path: string }) => Promise.resolve({ name: path, content: textOf(path) }),
  };
  const template = await convertWorkflowTemplate(context, value, files, {
    errorPolicy: ErrorPolicy.TryConversion,
    fetchReusableWorkflowDepth: 1,
  });
  return [...messages(), ...(template.errors ?? []).map(({ Message }) => Message)];
}
