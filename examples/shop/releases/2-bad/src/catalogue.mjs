/** What the shop sells: prices in cents, discounts in percent and until when they run. */
export const catalogue = {
  tea: { cents: 450 },
  cup: { cents: 1200, discount: { percent: 20 } },
  cake: { cents: 890, discount: { percent: 30, ends: new Date("2099-12-31") } },
};
