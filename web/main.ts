import { Api, ApiError } from './api.ts';
import { Dashboard } from './dashboard.ts';
import { askDecision, askKey } from './dialogs.ts';
import { keepKey, keyOf } from './keys.ts';
import { promotionShape } from './shapes.ts';

const api = new Api(keyOf);
const dashboard = new Dashboard(api, document.body);

let isAskingForKey = false;
async function unlock(): Promise<void> {
  if (isAskingForKey) return;
  isAskingForKey = true;
  try {
    while (dashboard.isLocked) {
      // In sequence: whether a key is asked for again depends on what the API says to the one before
      const key = await askKey(keyOf('read') !== null);
      if (key === undefined) return;
      keepKey('read', key);
      await dashboard.refresh(true);
    }
  } finally {
    isAskingForKey = false;
  }
}

async function decide(kind: 'approve' | 'abort'): Promise<void> {
  const { promotion, model } = dashboard;
  if (promotion === undefined) return;
  const base = `/api/models/${encodeURIComponent(model)}/promotions`;
  const path = `${base}/${encodeURIComponent(promotion.promotionId)}/${kind}`;
  const send = async ({ body }: { readonly body: object }) => {
    dashboard.decided(await api.order(path, kind, body, promotionShape));
  };
  if (!(await askDecision(kind, promotion, send, keepKey))) return;
  dashboard.announce(kind === 'abort' ? 'The promotion is aborted.' : 'The promotion is approved.');
  // The button that was pressed may be disabled now, and would take the focus with it.
  document.getElementById('promotion')?.focus();
  await dashboard.refresh(false);
}

/** A report where the API asks for a key: a link could not send it, so that it is fetched and saved. */
async function saveReport(link: HTMLAnchorElement): Promise<void> {
  try {
    const url = URL.createObjectURL(await api.page(new URL(link.href).pathname));
    const file = document.createElement('a');
    file.href = url;
    file.download = `drift-${link.dataset['report'] ?? 'report'}.html`;
    file.click();
    URL.revokeObjectURL(url);
    dashboard.announce('The report is saved.');
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    dashboard.complain(`The report could not be read: ${error.message}`);
  }
}

document.addEventListener('click', (event) => {
  if (!(event.target instanceof Element)) return;
  const order = event.target.closest<HTMLElement>('[data-order]')?.dataset['order'];
  if (order === 'approve' || order === 'abort') void decide(order);
  const report = event.target.closest<HTMLAnchorElement>('a[data-report]');
  if (report !== null) {
    event.preventDefault();
    void saveReport(report);
  }
});
dashboard.onLocked(() => void unlock());
dashboard.start();
