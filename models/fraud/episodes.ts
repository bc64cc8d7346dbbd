import { categories, day, holderOf, homes, merchantAt, ownDevice, usualMerchant } from './customers.ts';
import type { Customers } from './customers.ts';
import { uniform } from './random.ts';
import type { Random } from './random.ts';
import type { Behaviour } from './behaviour.ts';

/** One transaction before it is written as a row. `place` is the customer's number, `category` an index. */
export interface Draft {
  readonly behaviour: Behaviour;
  readonly time: number;
  readonly place: number;
  readonly generation: number;
  readonly tenure: number;
  readonly amount: number;
  readonly category: number;
  readonly currency: string;
  readonly country: string;
  readonly merchant: number;
  readonly device: string;
  readonly previous: number;
}

/** The customers and the window (epoch milliseconds; `to` is not part of it) in which episodes happen. */
export interface World {
  readonly customers: Customers;
  readonly from: number;
  readonly to: number;
}

const minute = 60_000;

/** Purchases by hour of the day of someone who is neither early nor late, and by weekday from Monday. */
const hours = [
  0.1, 0.06, 0.04, 0.03, 0.04, 0.08, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9, 1, 0.95, 0.85, 0.85, 0.9, 1, 1, 0.95, 0.8,
  0.6, 0.4, 0.2,
];
const weekdays = [0.88, 0.86, 0.9, 0.94, 1, 0.98, 0.84];

/** Attempts to find a customer of the wanted tenure before a very small population is taken as it is. */
const tenureAttempts = 3000;

/**
 * One episode: a customer and a start drawn in proportion to how often the customer buys at that hour, then the
 * transactions that belong together. One that runs over the end of the window continues at its beginning, which
 * stands for an episode under way when the window opened: so any window shows the same mix.
 */
export function episodeOf(kind: Behaviour, world: World, random: Random): Draft[] {
  const behaviour =
    kind.bold !== undefined && random.next() < kind.bold.share ? { ...kind, ...kind.bold } : kind;
  const { customers, from } = world;
  const span = world.to - from;
  const { place, start } = customerAndStart(behaviour, world, random);
  const { generation } = holderOf(customers, place, start);

  const [least, most] = behaviour.rows;
  const count = least + random.below(most - least + 1);
  const offsets = Array.from({ length: count }, (_, i) =>
    i === 0 ? 0 : random.next() * behaviour.minutes * minute,
  );
  offsets.sort((a, b) => a - b);

  const geography = geographyOf(behaviour, customers, place, random);
  const device =
    random.next() < behaviour.newDevice
      ? `D${random.below(100_000_000)}`
      : ownDevice(customers, place, generation, deviceRank(random));
  const earlier =
    behaviour.dormant === true ? 0 : random.poisson(customers.rate[place]! + (behaviour.busier ?? 0));

  let category = categoryOf(behaviour, customers, place, random);
  let merchant = merchantOf(behaviour, world, place, generation, category, start, random);
  return offsets.map((offset, position) => {
    if (position > 0 && behaviour.oneMerchant !== true) {
      category = categoryOf(behaviour, customers, place, random);
      merchant = merchantOf(behaviour, world, place, generation, category, start, random);
    }
    const time = from + (Math.floor(start - from + offset) % span);
    return {
      behaviour: kind,
      time,
      place,
      ...holderOf(customers, place, time),
      amount: amountOf(behaviour, customers, place, category, random),
      category,
      ...geography,
      merchant,
      device,
      previous: earlier + position,
    };
  });
}

function customerAndStart(
  behaviour: Behaviour,
  world: World,
  random: Random,
): { place: number; start: number } {
  const { customers, from, to } = world;
  for (let attempt = 0; ; attempt++) {
    const place = random.below(customers.count);
    if (random.next() * customers.highestRate > customers.rate[place]!) continue;
    const start = Math.floor(from + random.next() * (to - from));
    if (random.next() > likelihoodOf(behaviour, customers.lateness[place]!, start)) continue;
    if (behaviour.tenure === undefined || attempt > tenureAttempts) return { place, start };
    const { tenure } = holderOf(customers, place, start);
    if (tenure >= behaviour.tenure[0] && tenure <= behaviour.tenure[1]) return { place, start };
  }
}

/** How likely an episode starts at a time, relative to the likeliest time: never 0, whatever the window. */
function likelihoodOf(behaviour: Behaviour, lateness: number, time: number): number {
  const hour = Math.floor((time % day) / (60 * minute));
  const preferred = behaviour.hours;
  if (preferred === undefined) {
    // 1 January 1970 was a Thursday.
    return hours[(hour - lateness + 24) % 24]! * weekdays[(Math.floor(time / day) + 3) % 7]!;
  }
  const anyHour = (1 - preferred.share) / 24;
  const extra = preferred.share / (preferred.to - preferred.from);
  return (anyHour + (hour >= preferred.from && hour < preferred.to ? extra : 0)) / (anyHour + extra);
}

function geographyOf(
  behaviour: Behaviour,
  customers: Customers,
  place: number,
  random: Random,
): { country: string; currency: string } {
  const home = homes[customers.home[place]!]!;
  const visited = random.next() < behaviour.abroad ? otherThan(home.country, random) : home;
  const local = visited !== home && random.next() < (behaviour.localCurrency ?? 0);
  if (local) return { country: visited.country, currency: visited.currency };
  const foreign = random.next() < behaviour.foreignCurrency;
  return { country: visited.country, currency: (foreign ? otherThan(home.country, random) : home).currency };
}

function otherThan(country: string, random: Random): (typeof homes)[number] {
  for (;;) {
    const place = homes[random.below(homes.length)]!;
    if (place.country !== country) return place;
  }
}

function categoryOf(behaviour: Behaviour, customers: Customers, place: number, random: Random): number {
  const draw = random.next();
  if (behaviour.categories === undefined) {
    const first = place * categories.length;
    for (let c = 0; c < categories.length; c++) if (draw < customers.categoryEdges[first + c]!) return c;
    return categories.length - 1;
  }
  const weights = behaviour.categories;
  let rest = draw * categories.reduce((sum, category) => sum + (weights[category.name] ?? 0), 0);
  return categories.findIndex((category) => (rest -= weights[category.name] ?? 0) < 0);
}

function merchantOf(
  behaviour: Behaviour,
  world: World,
  place: number,
  generation: number,
  category: number,
  time: number,
  random: Random,
): number {
  if (behaviour.compromised === true) {
    const week = Math.floor(time / (7 * day));
    return merchantAt(category, uniform(world.customers.seed, week, 60, category));
  }
  // Four of five purchases are at one of three usual merchants of the category.
  return random.next() < 0.8
    ? usualMerchant(world.customers, place, generation, category, random.below(3))
    : merchantAt(category, random.next());
}

function amountOf(
  behaviour: Behaviour,
  customers: Customers,
  place: number,
  category: number,
  random: Random,
): number {
  const { median, spread, of } = behaviour.amount;
  const unit = {
    usual: customers.spend[place]! * categories[category]!.price,
    month: customers.monthlySpend[place]!,
    currency: 1,
  }[of];
  return Math.max(0.5, Math.round(unit * median * Math.exp(spread * random.normal()) * 100) / 100);
}

/** The first of a customer's devices makes four of five purchases. */
function deviceRank(random: Random): number {
  const draw = random.next();
  return draw < 0.8 ? 0 : draw < 0.95 ? 1 : 2;
}
