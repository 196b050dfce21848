/** What a client sends in well-formed conversations, one for each kind of message: where fuzzing starts from. */
import { NAR_CLOSE, NAR_HEADER, NAR_REGULAR, narString } from "../../formats/nar-tokens.ts";
import { makeTextPath } from "../../formats/store-path.ts";
import { CLIENT_MAGIC, encodeVersion, OPERATION, type OperationName } from "../protocol.ts";
import { WireWriter } from "../wire.ts";

const PATH = makeTextPath("text", "some text");
const NAR = Buffer.concat([NAR_HEADER, NAR_REGULAR, narString("some text"), NAR_CLOSE]);

/** Up to the first request. */
export function greeting(version = 34): Buffer {
  const writer = new WireWriter().number(CLIENT_MAGIC).number(encodeVersion(version));
  if (version >= 38) writer.strings(["a-feature"]);
  return writer.number(0).number(0).take();
}

function request(operation: OperationName, write: (writer: WireWriter) => void = () => {}): Buffer {
  const writer = new WireWriter().number(OPERATION[operation]);
  write(writer);
  return writer.take();
}

function framed(writer: WireWriter, ...parts: Buffer[]): void {
  for (const part of parts) writer.number(part.length).raw(part);
  writer.number(0);
}

function writeInfo(writer: WireWriter): void {
  writer.string("").string("0".repeat(64)).strings([PATH]).number(1).number(NAR.length).number(0);
  writer.strings(["key:c2ln"]).string("");
}

const requests: readonly Buffer[] = [
  request("isValidPath", (writer) => writer.string(PATH)),
  request("queryPathInfo", (writer) => writer.string(PATH)),
  request("queryReferrers", (writer) => writer.string(PATH)),
  request("queryValidPaths", (writer) => writer.strings([PATH, PATH]).number(1)),
  request("queryAllValidPaths"),
  request("queryPathFromHashPart", (writer) => writer.string(PATH.slice(11, 43))),
  request("queryDerivationOutputMap", (writer) => writer.string(PATH)),
  request("queryMissing", (writer) => writer.strings([PATH, `${PATH}.drv!out,dev`])),
  request("querySubstitutablePathInfos", (writer) => writer.number(1).string(PATH).string("")),
  request("addTextToStore", (writer) => writer.string("text").string("some text").strings([])),
  request("addTextToStore", (writer) =>
    writer.string("text.drv").string('Derive([("out","/x","","")],[],[],"","",[],[])').strings([]),
  ),
  request("addToStore", (writer) => {
    framed(writer.string("tree").string("fixed:r:sha256").strings([]).number(0), NAR.subarray(0, 50), NAR.subarray(50));
  }),
  request("addToStore", (writer) =>
    framed(writer.string("f").string("fixed:sha1").strings([]).number(0), Buffer.from("x")),
  ),
  request("addToStore", (writer) =>
    framed(writer.string("t").string("text:sha256").strings([PATH]).number(0), Buffer.from("y")),
  ),
  request("addToStoreNar", (writer) => {
    writeInfo(writer.string(PATH));
    framed(writer.number(0).number(1), NAR);
  }),
  request("addMultipleToStore", (writer) => {
    const inner = new WireWriter().number(1).string(PATH);
    writeInfo(inner);
    framed(writer.number(0).number(1), Buffer.concat([inner.take(), NAR]));
  }),
  request("narFromPath", (writer) => writer.string(PATH)),
  request("buildPaths", (writer) => writer.strings([`${PATH}.drv!*`]).number(0)),
  request("buildPathsWithResults", (writer) => writer.strings([PATH]).number(0)),
  request("buildDerivation", (writer) => {
    writer.string(`${PATH}.drv`).number(1).string("out").string(PATH).string("sha256").string("0".repeat(64));
    writer
      .strings([])
      .string("system")
      .string("builtin:none")
      .strings(["a"])
      .number(1)
      .string("k")
      .string("v")
      .number(0);
  }),
  request("ensurePath", (writer) => writer.string(PATH)),
  request("addTempRoot", (writer) => writer.string(PATH)),
  request("findRoots"),
  request("setOptions", (writer) => {
    for (let field = 0; field < 12; field++) writer.number(field % 2);
    writer.number(2).string("timeout").string("5").string("sandbox").string("false");
  }),
  request("addSignatures", (writer) => writer.string(PATH).strings(["key:c2ln"])),
  request("addBuildLog", (writer) => framed(writer.string(`${PATH}.drv`), Buffer.from("a log"))),
  request("queryRealisation", (writer) => writer.string("sha256:00!out")),
  request("registerDrvOutput", (writer) => writer.string("{}")),
  request("syncWithGc"),
];

/** One for each request, and one with all of them. */
export function conversations(version = 34): Buffer[] {
  const start = greeting(version);
  return [...requests, Buffer.concat(requests)].map((request) => Buffer.concat([start, request]));
}
