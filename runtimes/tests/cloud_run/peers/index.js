const fs = require('fs');
const functions = require('@google-cloud/functions-framework');
const { CloudEvent, HTTP } = require('cloudevents');

// Notes what it was called with.
functions.cloudEvent('receive', (event) => {
  fs.appendFileSync(process.env.RECEIVED, JSON.stringify(event) + '\n');
});

// Answers with the event that the request describes, in the mode that its path names.
functions.http('send', (request, response) => {
  const { data, bytes, ...attributes } = request.body;
  const content = bytes === undefined ? data : new Uint8Array(Buffer.from(bytes, 'base64'));
  const message = HTTP[request.path.slice(1)](new CloudEvent({ ...attributes, data: content }));
  response.writeHead(200, message.headers);
  response.end(message.body);
});
