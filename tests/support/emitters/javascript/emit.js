// Sends a small call with OpenTelemetry's own JavaScript exporter: node emit.js http|proto ENDPOINT KEY gzip|none
import { SpanStatusCode, context, trace } from "@opentelemetry/api";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { resourceFromAttributes } from "@opentelemetry/resources";
import { BasicTracerProvider, BatchSpanProcessor } from "@opentelemetry/sdk-trace-base";

const [form, url, key, compression] = process.argv.slice(2);
const Exporter = form === "proto" ? ProtobufExporter : JsonExporter;
const exporter = new Exporter({ url, compression, headers: { authorization: `Bearer ${key}` } });
const provider = new BasicTracerProvider({
  resource: resourceFromAttributes({ "service.name": "js-desk", "roark.external_id": "order 7" }),
  spanProcessors: [new BatchSpanProcessor(exporter)],
});
const tracer = provider.getTracer("agent", "1.0");
const call = tracer.startSpan("call");
const inside = trace.setSpan(context.active(), call);
const tool = tracer.startSpan("tool", { attributes: { n: 2, share: 0.5, list: ["a", "b"], on: true } }, inside);
tool.addEvent("asked", { index: 1 });
tool.setStatus({ code: SpanStatusCode.ERROR, message: "no such order" });
tool.end();
call.end();
await provider.forceFlush();
await provider.shutdown();
