// Where a call's values stand among the project's newest calls: asked for once the page can be used.

interface Standing {
  readonly of: string;
  readonly percentile: number;
  readonly count: number;
}

export async function showStandings(panel: HTMLElement): Promise<void> {
  const response = await fetch(panel.dataset["standings"] ?? "");
  if (!response.ok) throw new Error(`The comparison with other calls could not be read (HTTP ${response.status}).`);
  for (const { of, percentile, count } of (await response.json()) as Standing[]) {
    const place = panel.querySelector(`[data-standing="${CSS.escape(of)}"]`);
    if (place) place.textContent = describe(percentile, count);
  }
}

export function describe(percentile: number, count: number): string {
  if (count < 2) return "No other call to compare with.";
  return `More than in ${percentile} % of the ${count} newest calls.`;
}
