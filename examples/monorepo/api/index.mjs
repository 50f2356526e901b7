import { format } from "../shared/money.mjs";

export const handler = async () => ({
  statusCode: 200,
  headers: { "content-type": "application/json" },
  body: JSON.stringify({ tea: format(1200, process.env.CURRENCY), stage: process.env.STAGE }),
});
