import { report, source } from "./account.mjs";
import { catalogue } from "./catalogue.mjs";
import { price } from "./price.mjs";
import { recommend } from "./recommendations.mjs";
import { version } from "./release.mjs";

/** Answers one request to the function's URL. */
export async function handler({ rawPath, queryStringParameters: query = {} }) {
  switch (rawPath) {
    case "/":
      return quote(anyItem());
    case "/price":
      return quote(query.item, Number(query.quantity ?? 1));
    case "/recommendations":
      return answer(200, await recommend({ source, report }));
    default:
      return answer(404, { message: "There is /, /price?item=tea&quantity=2 and /recommendations." });
  }
}

/** The offer of the moment. */
function anyItem() {
  const items = Object.keys(catalogue);
  return items[Math.floor(Math.random() * items.length)];
}

function quote(item, quantity = 1) {
  if (!Object.hasOwn(catalogue, item ?? "")) return answer(404, { message: `We do not sell ${item}.` });
  if (!(Number.isInteger(quantity) && quantity > 0)) return answer(400, { message: "A quantity is a whole number above 0." });
  return answer(200, { item, quantity, price: price(catalogue[item], quantity) });
}

function answer(statusCode, body) {
  const headers = { "content-type": "application/json", "x-release": process.env.RELEASE ?? "none" };
  return { statusCode, headers, body: JSON.stringify({ version, ...body }) };
}
