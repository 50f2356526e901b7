/** A page on GET; an order on POST, handed to the service. */
export const handler = async ({ requestContext, body }) => {
  if (requestContext.http.method !== "POST") return page();
  const answer = await fetch(process.env.SERVICE_URL, { method: "POST", body });
  return { statusCode: answer.status, body: await answer.text() };
};

const page = () => ({
  statusCode: 200,
  headers: { "content-type": "text/html" },
  body: `<h1>Orders (${process.env.ENVIRONMENT})</h1><form method="post"><input name="item"><button>Order</button></form>`,
});
