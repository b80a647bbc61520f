/**
 * How two things are compared on a machine that others use too: in turns, in one run, as a ratio for each
 * round, of which the median counts. What is measured is not here.
 */

/** Rounds of a comparison; more where a round is short. */
export const ROUNDS = 9;

export interface Figure {
  readonly what: string;
  readonly limit: { readonly atLeast: number } | { readonly atMost: number };
  /** One value for each round. */
  readonly values: readonly number[];
  /** Written after each number, as ` ms`; a ratio has none. */
  readonly unit?: string;
}

/** Measures each subject once a round, in an order that turns around from round to round. */
export async function alternated<Name extends string>(
  subjects: Readonly<Record<Name, () => number | Promise<number>>>,
  rounds = ROUNDS,
): Promise<Record<Name, number[]>> {
  const names = Object.keys(subjects) as Name[];
  const values = Object.fromEntries(names.map((name): [string, number[]] => [name, []])) as Record<
    Name,
    number[]
  >;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      values[name].push(await subjects[name]());
    }
  }
  return values;
}

/** Round by round: each was measured beside its other. */
export function ratios(of: readonly number[], to: readonly number[]): number[] {
  return of.map((value, round) => value / to[round]!);
}

export function median(values: readonly number[]): number {
  return sorted(values)[Math.floor(values.length / 2)]!;
}

/** Prints one line for each figure, and sets the exit code to 1 when one falls short. */
export function report(figures: readonly Figure[]): void {
  for (const { what, limit, values, unit = '' } of figures) {
    const [least, middle, most] = [sorted(values)[0]!, median(values), sorted(values).at(-1)!];
    const holds = 'atLeast' in limit ? middle >= limit.atLeast : middle <= limit.atMost;
    const bound = 'atLeast' in limit ? `>= ${limit.atLeast}${unit}` : `<= ${limit.atMost}${unit}`;
    const measured = `${shown(middle)}${unit} (${shown(least)} to ${shown(most)})`;
    console.log([what.padEnd(56), bound.padEnd(11), measured.padEnd(24), holds ? 'ok' : 'SHORT'].join('  '));
    if (!holds) process.exitCode = 1;
  }
}

/** A figure that has no limit and helps to read those that have. */
export function note(what: string, values: readonly number[], unit: string): void {
  const [least, most] = [sorted(values)[0]!, sorted(values).at(-1)!];
  console.log(`  ${what}: ${shown(median(values))} ${unit} (${shown(least)} to ${shown(most)})`);
}

function shown(value: number): string {
  return value >= 100 ? value.toFixed(0) : value.toFixed(2);
}

function sorted(values: readonly number[]): number[] {
  return [...values].sort((a, b) => a - b);
}
