// Preloaded with `node --require`: lets a client that always calls https://<app>.infusionsoft.com:443 reach
// the sandbox's port instead. Name, certificate check and request stay those of the real host.
const https = require("node:https");

const request = https.request;

https.request = function (options, callback) {
  const redirected = {
    ...options,
    hostname: "127.0.0.1",
    port: process.env.SANDBOX_PORT,
    servername: options.host,
    headers: { ...options.headers, Host: options.host },
  };
  return request.call(https, redirected, callback);
};
