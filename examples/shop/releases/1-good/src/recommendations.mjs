const bestsellers = ["tea", "cake"];

/**
 * What else a customer may like. An outage of the partner costs the customer nothing: we answer with our own bestsellers and
 * report the failure. An alarm counts the reports, and its healer then stops us from asking the partner at all.
 */
export async function recommend({ source, request = fetch, report }) {
  const from = await source();
  if (from === "bestsellers") return { from, items: bestsellers };
  try {
    const response = await request(from, { signal: AbortSignal.timeout(1_000) });
    if (!response.ok) throw new Error(`The partner answered ${response.status}`);
    return { from, items: await response.json() };
  } catch (error) {
    await report(error);
    return { from: "bestsellers", items: bestsellers };
  }
}
