import { ApiError, type Right } from './api.ts';
import { h } from './dom.ts';
import { situation } from './promotion-state.ts';
import type { Promotion } from './shapes.ts';

/** What a person has decided, in the API's words. */
export interface Decision {
  readonly kind: 'approve' | 'abort';
  readonly body: { approvedBy: string; reason?: string } | { abortedBy: string; reason: string };
}

const NAME = 'tollgate.name';

/**
 * Asks who decides, and why, and sends it. The dialog closes when the API has accepted it; what the API says against it
 * stays in the dialog, with all that was written.
 */
export async function askDecision(
  kind: Decision['kind'],
  promotion: Promotion,
  send: (decision: Decision) => Promise<void>,
  keepKey: (right: Right, key: string) => void,
): Promise<boolean> {
  const { version, champion } = promotion;
  const back = champion === undefined ? 'the champion' : `version ${champion}`;
  const who = h('input', { id: 'order-who', required: true, maxlength: 200, autocomplete: 'name' });
  who.value = sessionStorage.getItem(NAME) ?? '';
  const isAbort = kind === 'abort';
  const why = h('textarea', { id: 'order-why', rows: 3, maxlength: 2_000, required: isAbort });
  const key = h('input', { id: 'order-key', type: 'password', autocomplete: 'off' });
  const keyField = h(
    'div',
    { hidden: true },
    h('label', { for: 'order-key' }, 'Function key or token for this'),
    key,
  );
  const act = isAbort ? 'Abort the promotion' : 'Approve';
  const consequence = isAbort
    ? `All traffic returns to ${back} at once.`
    : `It goes on to the next step of its plan. Whoever asked for the promotion cannot approve it.`;
  return modal(
    `${isAbort ? 'Abort' : 'Approve'} the promotion of version ${version}`,
    [
      h('p', {}, `${situation(promotion)} ${consequence}`),
      h('label', { for: 'order-who' }, 'Your name'),
      who,
      h('label', { for: 'order-why' }, isAbort ? 'Why' : 'Why (optional)'),
      why,
      keyField,
    ],
    { text: act, look: kind },
    async () => {
      const [by, reason] = [who.value.trim(), why.value.trim()];
      if (by === '') throw refusal(who, 'Your name is needed.');
      if (isAbort && reason === '') throw refusal(why, 'A reason is needed.');
      if (key.value !== '') keepKey(kind, key.value.trim());
      sessionStorage.setItem(NAME, by);
      const body = isAbort
        ? { abortedBy: by, reason }
        : { approvedBy: by, ...(reason === '' ? {} : { reason }) };
      try {
        await send({ kind, body });
      } catch (error) {
        if (error instanceof ApiError && error.status === 401) {
          keyField.hidden = false;
          key.focus();
        }
        throw error;
      }
    },
  );
}

/** Asks for the key that the API wants. @returns undefined where none is given */
export async function askKey(wasRefused: boolean): Promise<string | undefined> {
  const key = h('input', { id: 'key', type: 'password', required: true, autocomplete: 'off' });
  const given = await modal(
    'The API asks who you are',
    [
      h('p', {}, 'It is kept in this tab only, until the tab is closed.'),
      wasRefused && h('p', { class: 'failed' }, 'What was given before is not accepted.'),
      h('label', { for: 'key' }, 'Function key or token'),
      key,
    ].filter((child) => child !== false),
    { text: 'Use this key', look: '' },
    async () => {
      if (key.value.trim() === '') throw refusal(key, 'A key is needed.');
      return Promise.resolve();
    },
  );
  return given ? key.value.trim() : undefined;
}

function refusal(field: HTMLElement, message: string): Error {
  field.focus();
  return new Error(message);
}

/** @param submit throws what keeps the dialog open @returns whether it was submitted */
async function modal(
  title: string,
  fields: readonly HTMLElement[],
  button: { readonly text: string; readonly look: string },
  submit: () => Promise<void>,
): Promise<boolean> {
  const alert = h('p', { role: 'alert', class: 'failed', hidden: true });
  const confirm = h('button', { type: 'submit', class: button.look }, button.text);
  const cancel = h('button', { type: 'button' }, 'Cancel');
  const form = h('form', { novalidate: true }, ...fields, alert, h('div', { class: 'row' }, cancel, confirm));
  const dialog = h(
    'dialog',
    { 'aria-labelledby': 'dialog-title' },
    h('h2', { id: 'dialog-title' }, title),
    form,
  );
  document.body.append(dialog);
  let isDone = false;
  const attempt = async () => {
    confirm.disabled = true;
    alert.hidden = true;
    try {
      await submit();
      isDone = true;
      dialog.close();
    } catch (error) {
      alert.textContent = error instanceof Error ? error.message : String(error);
      alert.hidden = false;
    } finally {
      confirm.disabled = false;
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    void attempt();
  });
  cancel.addEventListener('click', () => dialog.close());
  const closed = new Promise<boolean>((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(isDone);
    });
  });
  dialog.showModal();
  dialog.querySelector<HTMLElement>('input, textarea')?.focus();
  return closed;
}
