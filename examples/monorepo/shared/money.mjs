/** What an amount in a currency's smallest unit is written like: 1200 is €12.00, and ¥1,200. */
export function format(amount, currency) {
  const writer = new Intl.NumberFormat("en", { style: "currency", currency });
  return writer.format(amount / 10 ** writer.resolvedOptions().maximumFractionDigits);
}
