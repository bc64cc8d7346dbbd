import { type Api, ApiError } from './api.ts';
import { h, patch } from './dom.ts';
import { freshness } from './feed.ts';
import { clock, duration } from './format.ts';
import { gatesOf } from './gate-plot.ts';
import { keyOf } from './keys.ts';
import { Loader, withPromotion } from './load.ts';
import { type Feeds, NO_FEEDS, type PageState } from './page-state.ts';
import { Plots } from './plot.ts';
import { driftSection } from './sections/drift.ts';
import { gatePlot } from './sections/gate-lines.ts';
import { noticesFrom, nowSection } from './sections/now.ts';
import { performancePlot, performanceSection } from './sections/performance.ts';
import { promotionSection } from './sections/promotion.ts';
import { runsSection, versionsSection } from './sections/registry.ts';
import { minutesPlot, trafficSection } from './sections/traffic.ts';
import { type Models, modelsShape, type Promotion } from './shapes.ts';

const EVERY_MS = 10_000;
/** Of so many refreshes one asks for everything. */
const ALL_EVERY = 6;

const SECTIONS = [
  nowSection,
  promotionSection,
  trafficSection,
  performanceSection,
  driftSection,
  runsSection,
  versionsSection,
];
const LINKS = {
  promotion: 'Promotion',
  traffic: 'Traffic',
  performance: 'Performance',
  drift: 'Drift',
  runs: 'Runs',
  versions: 'Versions',
};

/** The page: what it knows, when it asks again, and how it is drawn. */
export class Dashboard {
  readonly #api: Api;
  readonly #plots = new Plots();
  readonly #switcher = h('select', { id: 'model' });
  readonly #pause = h('button', { type: 'button', 'aria-pressed': 'false' }, 'Pause');
  readonly #unlock = h('button', { type: 'button', hidden: true }, 'Enter a key…');
  readonly #state = h('p', { class: 'state' }, 'Loading…');
  readonly #complaint = h('p', { class: 'failed', role: 'alert', hidden: true });
  readonly #live = h('div', { class: 'hidden', 'aria-live': 'polite' });
  readonly #main = h('main', { id: 'main' });
  #models: Models['items'] = [];
  #modelsProblem: string | undefined;
  #model = '';
  #feeds: Feeds = NO_FEEDS;
  #loader: Loader | undefined;
  #ended = new AbortController();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #turn = 0;
  #isPaused = false;
  #isLocked = false;
  #locked: () => void = () => undefined;
  /** What was said last, so that it is said once. */
  #said: ReadonlySet<string> | undefined;
  #wasLate = false;

  constructor(api: Api, body: HTMLElement) {
    this.#api = api;
    body.replaceChildren(
      h('a', { class: 'skip', href: '#main' }, 'Skip to the content'),
      h(
        'header',
        {},
        h('h1', {}, 'Tollgate'),
        h('span', { class: 'row' }, h('label', { for: 'model' }, 'Model'), this.#switcher),
        this.#state,
        this.#unlock,
        this.#pause,
      ),
      h(
        'nav',
        { 'aria-label': 'Parts of this page' },
        h(
          'ul',
          {},
          ...Object.entries(LINKS).map(([id, text]) => h('li', {}, h('a', { href: `#${id}` }, text))),
        ),
      ),
      this.#complaint,
      this.#main,
      this.#live,
    );
  }

  get model(): string {
    return this.#model;
  }

  /** The promotion that is shown. */
  get promotion(): Promotion | undefined {
    return this.#feeds.promotion.value;
  }

  /** Whether the API has refused the key, or the lack of one. */
  get isLocked(): boolean {
    return this.#isLocked;
  }

  /** @param locked is called when the API begins to ask for a key, and when the reader wants to give one */
  onLocked(locked: () => void): void {
    this.#locked = locked;
  }

  start(): void {
    this.#switcher.addEventListener('change', () => {
      this.#choose(this.#switcher.value);
      void this.refresh(true);
    });
    this.#pause.addEventListener('click', () => {
      this.#isPaused = !this.#isPaused;
      this.#pause.setAttribute('aria-pressed', String(this.#isPaused));
      this.#showState();
      if (!this.#isPaused) void this.refresh(true);
    });
    this.#unlock.addEventListener('click', () => this.#locked());
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) clearTimeout(this.#timer);
      else if (!this.#isPaused) void this.refresh(true);
    });
    setInterval(() => this.#showState(), 1_000);
    void this.refresh(true);
  }

  /** Asks the API again, now and then regularly. @param all also what changes seldom */
  async refresh(all: boolean): Promise<void> {
    clearTimeout(this.#timer);
    const signal = this.#ended.signal;
    if (all || this.#models.length === 0) await this.#readModels(signal);
    if (all) void this.#loader?.loadSeldom();
    await this.#loader?.loadOften();
    // Where another model was chosen meanwhile, its own refresh goes on.
    if (signal.aborted) return;
    this.#render();
    clearTimeout(this.#timer);
    if (this.#isPaused || document.hidden) return;
    this.#turn += 1;
    this.#timer = setTimeout(() => void this.refresh(this.#turn % ALL_EVERY === 0), EVERY_MS);
  }

  /** Shows what the API has answered to an order. */
  decided(promotion: Promotion): void {
    this.#feeds = withPromotion(this.#feeds, promotion, Date.now());
    this.#render();
  }

  /** Says something to those who listen to the page. */
  announce(text: string): void {
    this.#live.textContent = text;
  }

  /** Shows an error that belongs to no part of the page. */
  complain(text: string): void {
    this.#complaint.textContent = text;
    this.#complaint.hidden = false;
  }

  async #readModels(signal: AbortSignal): Promise<void> {
    try {
      const { items } = await this.#api.get('/api/models?limit=200', modelsShape, signal);
      this.#modelsProblem = items.length === 0 ? 'No model is registered yet.' : undefined;
      this.#models = items;
      this.#setLocked(false);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#modelsProblem = `The models could not be read: ${error.message}.`;
      if (error.status === 401) this.#setLocked(true);
    }
    if (signal.aborted) return;
    this.#complaint.hidden = this.#modelsProblem === undefined;
    this.#complaint.textContent = this.#modelsProblem ?? '';
    const options = this.#models.map(({ model }) => h('option', { value: model }, model));
    patch(this.#switcher, h('select', {}, ...options));
    if (this.#models.some(({ model }) => model === this.#model)) return;
    const asked = new URL(location.href).searchParams.get('model');
    const chosen =
      this.#models.find(({ model }) => model === asked) ??
      this.#models.find(({ isDefault }) => isDefault) ??
      this.#models[0];
    if (chosen === undefined) return;
    this.#switcher.value = chosen.model;
    this.#choose(chosen.model, signal);
  }

  #setLocked(isLocked: boolean): void {
    const begins = isLocked && !this.#isLocked;
    this.#isLocked = isLocked;
    this.#unlock.hidden = !isLocked;
    if (begins) this.#locked();
  }

  /** @param signal of a refresh that goes on with the chosen model; without one, what runs is ended */
  #choose(model: string, signal?: AbortSignal): void {
    if (signal === undefined) {
      this.#ended.abort();
      this.#ended = new AbortController();
    }
    const address = new URL(location.href);
    address.searchParams.set('model', model);
    history.replaceState(null, '', address);
    this.#model = model;
    this.#feeds = NO_FEEDS;
    this.#said = undefined;
    this.#loader = new Loader(
      this.#api,
      model,
      this.#ended.signal,
      () => this.#feeds,
      (feeds) => {
        this.#feeds = feeds;
        this.#render();
      },
    );
    this.#render();
  }

  #render(): void {
    if (this.#model === '') return;
    const page: PageState = {
      model: this.#model,
      feeds: this.#feeds,
      now: Date.now(),
      hasKey: keyOf('read') !== null,
    };
    patch(this.#main, h('main', {}, ...SECTIONS.map((section) => section(page))));
    const { minutes, promotion, performance } = this.#feeds;
    if (minutes.value) this.#plots.show('minutes-plot', minutesPlot(minutes.value));
    if (performance.value) this.#plots.show('performance-plot', performancePlot(performance.value));
    const evaluations = promotion.value?.evaluations ?? [];
    for (const gate of gatesOf(evaluations)) this.#plots.show(`gate-${gate}`, gatePlot(gate, evaluations));
    this.#plots.sweep();
    this.#showState();
    this.#sayNews(page);
  }

  #sayNews(page: PageState): void {
    // Half-loaded facts are no news.
    if (freshness({ ...this.#feeds }, page.now).kind === 'loading') return;
    const notices = noticesFrom(page);
    const urgent = notices.filter(({ level }) => level === 'act').length;
    document.title = `${urgent > 0 ? `(${urgent}) ` : ''}${page.model} · Tollgate`;
    const texts = new Set(notices.map(({ text }) => text));
    const news = this.#said === undefined ? [] : [...texts].filter((text) => this.#said?.has(text) === false);
    if (news.length > 0) this.announce(news.join(' '));
    this.#said = texts;
  }

  #showState(): void {
    const now = Date.now();
    const { kind, behind, failing } = freshness({ ...this.#feeds }, now);
    const isLate = kind === 'stale' || this.#modelsProblem !== undefined;
    this.#state.classList.toggle('late', isLate);
    this.#state.textContent = this.#stateText(kind, behind, failing);
    if (isLate && !this.#wasLate) this.announce('The page could not be refreshed.');
    if (!isLate && this.#wasLate) this.announce('The page is up to date again.');
    this.#wasLate = isLate;
  }

  #stateText(kind: ReturnType<typeof freshness>['kind'], behind: number, failing: readonly string[]): string {
    if (this.#isLocked || kind === 'locked') return 'A key is needed';
    const at = this.#feeds.traffic.at;
    const when = at === undefined ? '' : `Updated ${clock(at)} UTC`;
    if (kind === 'stale') return `Not refreshed for ${duration(behind)}: ${failing.join(', ')}`;
    if (this.#modelsProblem !== undefined) return 'Not refreshed';
    if (this.#isPaused) return `Paused. ${when}`;
    return kind === 'loading' && at === undefined ? 'Loading…' : `${when}, every ${EVERY_MS / 1_000} s`;
  }
}
