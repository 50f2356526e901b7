import { format } from "../shared/money.mjs";

export const handler = async () => ({
  statusCode: 200,
  headers: { "content-type": "text/html; charset=utf-8" },
  body: `<h1>Tea, ${format(1200, process.env.CURRENCY)}</h1>\n`,
});
