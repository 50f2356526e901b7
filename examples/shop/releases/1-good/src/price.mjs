/** The price of so many of an article, in whole currency. */
export function price({ cents, discount }, quantity = 1) {
  const unit = discount ? Math.round((cents * (100 - discount.percent)) / 100) : cents;
  return (unit * quantity) / 100;
}
