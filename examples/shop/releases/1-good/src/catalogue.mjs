/** What the shop sells: prices in cents, discounts in percent. */
export const catalogue = {
  tea: { cents: 450 },
  cup: { cents: 1200, discount: { percent: 20 } },
  cake: { cents: 890 },
};
