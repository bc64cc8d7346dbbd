/**
 * Wilson's interval of a share ("Probable inference, the law of succession, and statistical inference", 1927).
 * @param z how many standard errors it reaches
 */
export function wilsonInterval(events: number, n: number, z: number): { lower: number; upper: number } {
  if (n === 0) return { lower: 0, upper: 1 };
  const share = events / n;
  const centre = (share + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const reach = (z / (1 + (z * z) / n)) * Math.sqrt((share * (1 - share)) / n + (z * z) / (4 * n * n));
  return { lower: Math.max(0, centre - reach), upper: Math.min(1, centre + reach) };
}
