/** The price of so many of an article, in whole currency. A discount counts until it ends. */
export function price({ cents, discount }, quantity = 1, now = Date.now()) {
  const reduced = discount && discount.ends.getTime() > now;
  const unit = reduced ? Math.round((cents * (100 - discount.percent)) / 100) : cents;
  return (unit * quantity) / 100;
}
