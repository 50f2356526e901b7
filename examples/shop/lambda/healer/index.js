// Invoked by the alarm `shop-recommendations-failing`. Runs as CommonJS from the template: the SDK is the runtime's own.
const { PutParameterCommand, SSMClient } = require("@aws-sdk/client-ssm");

const ssm = new SSMClient({});

exports.handler = async (event) => {
  const Name = process.env.RECOMMENDATIONS;
  await ssm.send(new PutParameterCommand({ Name, Value: "bestsellers", Type: "String", Overwrite: true }));
  console.log(JSON.stringify({ healed: Name, to: "bestsellers", because: event.alarmData?.state?.reason }));
};
