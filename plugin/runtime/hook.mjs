// Dragoman 0.1.0: built from src/ by `npm run build:plugin`. Edits here are lost.
import { homedir } from "node:os";
import { text } from "node:stream/consumers";
import { spawn } from "node:child_process";
import { dirname, join, posix, win32 } from "node:path";
import { setTimeout } from "node:timers/promises";
import { hash } from "node:crypto";
import { copyFileSync, mkdirSync, readFileSync, readdirSync, realpathSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";

// \0rolldown/runtime.js
var __esmMin = (fn, res, err) => () => {
	if (err) throw err[0];
	try {
		return fn && (res = fn(fn = 0)), res;
	} catch (e) {
		throw err = [e], e;
	}
};
var __commonJSMin = (cb, mod) => () => (mod || (cb((mod = { exports: {} }).exports, mod, mod.exports), cb = null), mod.exports);

// src/ir/json.ts
/** True for a plain JSON object: not null, not an array. */
function isObject(value) {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}
/** The value when it is a string, else undefined. */
function asString(value) {
	return typeof value === "string" ? value : void 0;
}
/** The value when it is a finite number, else undefined. */
function asNumber(value) {
	return typeof value === "number" && Number.isFinite(value) ? value : void 0;
}
/** The value when it is an object, else an empty object. */
function asObject(value) {
	return isObject(value) ? value : {};
}
/** Parses JSON text; undefined when it is not JSON (so a caller can tell it from `null`). */
function parseJson(text) {
	try {
		return JSON.parse(text);
	} catch {
		return;
	}
}
var init_json = __esmMin((() => {}));

// \0lazy:node:http
var require__lazy_node_http = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = process.getBuiltinModule("node:http");
}));

// src/cli/daemon/health.ts
var import__lazy_node_http = require__lazy_node_http();
init_json();
const PATIENCE_MS$1 = 2e3;
/** More than a health answer ever has. */
const LONGEST = 1e4;
/** Asks `/health`. The connection is closed at once: a gateway that drains waits for open ones. */
function askHealth(url, patienceMs = PATIENCE_MS$1) {
	return new Promise((settle) => {
		const request = (0, import__lazy_node_http.get)(`${url}/health`, {
			agent: false,
			timeout: patienceMs
		}, (response) => {
			let body = "";
			response.setEncoding("utf8");
			response.on("data", (text) => {
				body += text;
				if (body.length > LONGEST) request.destroy();
			});
			response.on("end", () => settle(answering(body)));
			response.on("close", () => settle({ kind: "other" }));
		});
		request.on("timeout", () => request.destroy());
		request.on("error", (error) => settle({ kind: error.code?.startsWith("HPE_") === true ? "other" : "nobody" }));
		request.on("close", () => settle({ kind: "nobody" }));
	});
}
function answering(body) {
	const wire = asObject(parseJson(body));
	if (wire.name !== "dragoman") return { kind: "other" };
	const instance = asString(wire.instance);
	const workers = asNumber(wire.workers);
	return {
		kind: "gateway",
		version: asString(wire.version) ?? "",
		uptime: asNumber(wire.uptime) ?? 0,
		...instance !== void 0 && { instance },
		...workers !== void 0 && { workers }
	};
}

// src/version.ts
const VERSION = "0.1.0";

// \0lazy:node:util
var require__lazy_node_util = /* @__PURE__ */ __commonJSMin(((exports, module) => {
	module.exports = process.getBuiltinModule("node:util");
}));

// src/config/paths.ts
/** The path rules of a platform, whichever platform we run on. */
function pathOf(platform) {
	return platform === "win32" ? win32 : posix;
}
/** Where the user's config file lives: XDG on Linux, the platform's own folder elsewhere. */
function configFolder(place) {
	return pathOf(place.platform).join(baseFolder(place, "XDG_CONFIG_HOME", ".config", "APPDATA", "Roaming"), "dragoman");
}
/** Where pid, log, secret and ledger live: `DRAGOMAN_STATE_DIR` as it is, else the platform's state folder. */
function stateFolder(place) {
	const own = place.env.DRAGOMAN_STATE_DIR;
	if (own !== void 0 && own !== "") return own;
	return pathOf(place.platform).join(baseFolder(place, "XDG_STATE_HOME", ".local/state", "LOCALAPPDATA", "Local"), "dragoman");
}
function baseFolder(place, xdg, unix, windows, appData) {
	const path = pathOf(place.platform);
	if (place.platform === "win32") return absolute(place, windows) ?? path.join(place.homedir, "AppData", appData);
	if (place.platform === "darwin") return path.join(place.homedir, "Library", "Application Support");
	return absolute(place, xdg) ?? path.join(place.homedir, unix);
}
function absolute(place, name) {
	const value = place.env[name];
	return value !== void 0 && pathOf(place.platform).isAbsolute(value) ? value : void 0;
}
var init_paths = __esmMin((() => {}));

// src/config/find.ts
var import__lazy_node_util;
var init_find = __esmMin((() => {
	import__lazy_node_util = require__lazy_node_util();
}));

// src/cli/find-options.ts
/** The text of a file; undefined when there is none. */
function readText(path) {
	try {
		return readFileSync(path, "utf8");
	} catch (thrown) {
		if ([
			"ENOENT",
			"ENOTDIR",
			"EISDIR"
		].includes(thrown.code ?? "")) return void 0;
		throw thrown;
	}
}
var init_find_options = __esmMin((() => {}));

// src/cli/daemon/place.ts
init_find();
/** Where the gateway of this config keeps its files. */
function placeOf(stateDir, source) {
	const key = hash("sha256", source).slice(0, 8);
	return {
		stateDir,
		source,
		key,
		recordFile: join(stateDir, `gateway-${key}.json`),
		logFile: join(stateDir, `gateway-${key}.log`)
	};
}

// src/cli/daemon/record.ts
init_json();
init_find_options();
/** The record in a file; undefined when there is none that can be read. */
function readRecord(file) {
	const wire = asObject(parseJson(readText(file) ?? ""));
	const instance = asString(wire.instance);
	const pid = asNumber(wire.pid);
	const host = asString(wire.host);
	const port = asNumber(wire.port);
	if (instance === void 0 || pid === void 0 || host === void 0 || port === void 0) return void 0;
	const log = asString(wire.log);
	return {
		instance,
		pid,
		host,
		port,
		version: asString(wire.version) ?? "",
		started: asString(wire.started) ?? "",
		config: asString(wire.config) ?? "",
		...log !== void 0 && { log }
	};
}

// src/cli/plugin/lock.ts
/** Whoever holds a lock longer than this has ended without giving it back. Milliseconds. */
const LONGEST_MS = 15e3;
/**
* Takes the lock for starting a gateway.
*
* @returns gives it back; undefined when somebody else has it
*/
function takeLock(stateDir) {
	const file = join(stateDir, "plugin.lock");
	mkdirSync(stateDir, {
		recursive: true,
		mode: 448
	});
	const taken = statSync(file, { throwIfNoEntry: false });
	if (taken !== void 0 && Date.now() - taken.mtimeMs > LONGEST_MS) rmSync(file, { force: true });
	try {
		writeFileSync(file, `${process.pid}\n`, {
			flag: "wx",
			mode: 384
		});
		return () => rmSync(file, { force: true });
	} catch (thrown) {
		if (thrown.code === "EEXIST") return void 0;
		throw thrown;
	}
}

// src/cli/plugin/ensure.ts
const LOOK_EVERY_MS = 30;
/** A health answer takes a millisecond; a machine under load some hundred. */
const HEALTH_MS = 700;
/** Makes sure that a gateway answers where Claude Code was led to. */
async function ensureAnswering(state, options) {
	const until = Date.now() + options.patienceMs;
	const answer = await askHealth(state.url, HEALTH_MS);
	if (answer.kind === "gateway") {
		if (!options.renew || !isOldOneOfOurs(answer, state)) return { state: "up" };
		return await launch(state, "restart", until, options);
	}
	if (answer.kind === "other") return {
		state: "down",
		why: `Another program listens at ${state.url}, where Claude Code was led to. Set another port in the plugin's options or ${state.config}, then run /dragoman:restart; or run /dragoman:off`
	};
	if (!options.start) return {
		state: "down",
		why: "The gateway does not run, and auto_start is off: run /dragoman:start"
	};
	return await launch(state, "start", until, options);
}
/** A detached gateway of this config, left by another version of the plugin. One that the user started is his. */
function isOldOneOfOurs(answer, state) {
	if (answer.version === "0.1.0") return false;
	const record = readRecord(placeOf(state.stateDir, state.config).recordFile);
	return record !== void 0 && record.instance === answer.instance && record.log !== void 0;
}
/** Starts the gateway in a process of its own, which goes on when this one's time is over. */
async function launch(state, command, until, options) {
	const unlock = takeLock(options.stateDir);
	const child = unlock === void 0 ? void 0 : spawnCommand(state, command, options);
	try {
		while (Date.now() < until) {
			const answer = await askHealth(state.url, HEALTH_MS);
			if (answer.kind === "gateway" && (command === "start" || answer.version === "0.1.0")) return { state: "started" };
			if (child?.ended() === true) return {
				state: "down",
				why: `The gateway did not start. ${child.said()}`
			};
			await setTimeout(LOOK_EVERY_MS);
		}
	} finally {
		unlock?.();
	}
	if (command === "restart") return { state: "started" };
	return {
		state: "down",
		why: "The gateway is still starting; Claude Code repeats its request until it answers (/dragoman:status tells more)"
	};
}
function spawnCommand(state, command, options) {
	const { port } = new URL(state.url);
	const flags = [
		"--config",
		state.config,
		...port === "" ? [] : ["--port", port]
	];
	const child = spawn(process.execPath, [
		options.runtime(),
		command,
		...command === "start" ? ["--detach", "--ensure"] : [],
		...flags
	], {
		detached: true,
		stdio: [
			"ignore",
			"ignore",
			"pipe"
		],
		cwd: dirname(state.config),
		env: gatewayEnvironment(options.env),
		windowsHide: true
	});
	let said = "";
	let failed = false;
	child.stderr.setEncoding("utf8").on("data", (text) => said += text);
	child.on("error", (error) => {
		failed = true;
		said = error.message;
	});
	child.on("close", (code) => failed ||= code !== 0);
	child.unref();
	return {
		ended: () => failed,
		said: () => said.trim().replace(/^error: (?:The gateway did not start: )?/, "")
	};
}
/** A session's own variables, the plugin's key among them, are none of the gateway's business. */
function gatewayEnvironment(env) {
	return Object.fromEntries(Object.entries(env).filter(([name]) => !/^CLAUDE(?:_(?!CONFIG_DIR$)|CODE$)/.test(name)));
}

// src/cli/private-file.ts
/**
* Replaces a file in one step, through links, so that no reader ever sees half of it and a crash leaves the old one.
*
* @param mode the permissions of a new file; an old one keeps its own, unless `mode` allows less
*/
function replaceFile(path, text, mode) {
	const target = resolved(path);
	mkdirSync(dirname(target), {
		recursive: true,
		mode: 448
	});
	const before = statSync(target, { throwIfNoEntry: false });
	const draft = `${target}.${process.pid}.tmp`;
	writeFileSync(draft, text, { mode: before === void 0 ? mode : before.mode & mode });
	renameSync(draft, target);
}
/** Dotfiles are often links into a repository: the link stays. */
function resolved(path) {
	try {
		return realpathSync(path);
	} catch {
		return path;
	}
}

// src/cli/plugin/options.ts
/** Claude Code hands its hooks every option under these names, secrets too, and nothing for what is not set. */
const VARIABLES = [
	["provider", "PROVIDER"],
	["endpoint", "ENDPOINT"],
	["apiKey", "API_KEY"],
	["apiVersion", "API_VERSION"],
	["big", "BIG_DEPLOYMENT"],
	["middle", "MIDDLE_DEPLOYMENT"],
	["small", "SMALL_DEPLOYMENT"],
	["port", "PORT"],
	["autoStart", "AUTO_START"]
];
/** The options as a hook is given them. */
function optionsFrom(env) {
	return Object.fromEntries(VARIABLES.flatMap(([name, variable]) => {
		const value = env[`CLAUDE_PLUGIN_OPTION_${variable}`]?.trim();
		return value === void 0 || value === "" ? [] : [[name, value]];
	}));
}
/** False when the user wants to start the gateway himself. */
function autoStarts({ autoStart }) {
	return !/^(?:false|0|no|off)$/i.test(autoStart ?? "");
}
/**
* Slash commands are not given the options, but the hook that runs before them is: it leaves them here. Mode 0600, and
* only until they are taken.
*/
function handOver(stateDir, options) {
	replaceFile(fileIn$1(stateDir), `${JSON.stringify(options)}\n`, 384);
}
function fileIn$1(stateDir) {
	return join(stateDir, "plugin-options.json");
}

// src/cli/plugin/place.ts
init_paths();
init_json();
init_find_options();
/** The plugin's places. A session's working folder has no say: sessions of every project share one gateway. */
function pluginPlace(io) {
	const folder = configFolder(io);
	return {
		configFolder: folder,
		configFile: io.env.DRAGOMAN_CONFIG || join(folder, "dragoman.yaml"),
		stateDir: stateFolder(io),
		runtimeFolder: join(folder, "runtime")
	};
}
/** What the last `on` left; undefined before the first. */
function readState(stateDir) {
	const wire = asObject(parseJson(readText(fileIn(stateDir)) ?? ""));
	const settings = asString(wire.settings);
	const url = asString(wire.url);
	const config = asString(wire.config);
	if (settings === void 0 || url === void 0 || config === void 0) return void 0;
	const applied = asString(wire.applied);
	return {
		settings,
		url,
		config,
		stateDir: asString(wire.stateDir) ?? stateDir,
		...applied !== void 0 && { applied }
	};
}
/** Whether Claude Code's settings lead to the gateway. */
function isRouted({ settings, url }) {
	return asObject(asObject(parseJson(readText(settings) ?? "")).env).ANTHROPIC_BASE_URL === url;
}
function fileIn(stateDir) {
	return join(stateDir, "plugin.json");
}

// src/cli/executable.ts
const here = import.meta.filename;
/**
* The program that this code is part of, to be started again: the bundle itself, or the executable beside which the code
* stands (sources in the repository, JavaScript in the package).
*/
const EXECUTABLE = here.endsWith(".mjs") ? here : join(import.meta.dirname, "..", here.endsWith(".ts") ? "main.ts" : "main.js");

// src/cli/plugin/runtime.ts
/**
* The program of the gateway that outlives the plugin's folder: a copy of the bundle, named by its version. Outside of a
* plugin it is the program that runs.
*/
function stableRuntime(place, env) {
	const root = env.DRAGOMAN_PLUGIN;
	if (root === void 0 || root === "") return EXECUTABLE;
	const bundle = join(root, "runtime", "dragoman.mjs");
	const copy = join(place.runtimeFolder, `dragoman-${VERSION}.mjs`);
	if (!isSame(bundle, copy)) install(bundle, copy, place.runtimeFolder);
	return copy;
}
/** Copies keep the original's time: the size alone may be the same in two builds of one version. */
function isSame(bundle, copy) {
	const [one, other] = [bundle, copy].map((file) => statSync(file, { throwIfNoEntry: false }));
	return one !== void 0 && other !== void 0 && one.size === other.size && one.mtimeMs <= other.mtimeMs;
}
function install(bundle, copy, folder) {
	mkdirSync(folder, {
		recursive: true,
		mode: 448
	});
	const draft = `${copy}.${process.pid}.tmp`;
	copyFileSync(bundle, draft);
	renameSync(draft, copy);
	replaceFile(join(folder, "node"), `${process.execPath}\n`, 384);
	for (const name of readdirSync(folder)) {
		const file = join(folder, name);
		if (/^dragoman-.*\.mjs$/.test(name) && file !== copy) rmSync(file, { force: true });
	}
}

// src/cli/hook.ts
init_json();
/** Starting takes about a second; a session is not to wait for more than two. Milliseconds. */
const PATIENCE_MS = 1800;
/**
* `dragoman hook session-start|prompt-submit`: what the Claude Code plugin does before requests are sent. Never fails: a
* session must not break over its gateway's helper.
*/
async function run({ positionals: [event] }, io) {
	try {
		const answer = event === "prompt-submit" ? await promptSubmit(io) : await sessionStart(io);
		if (answer !== void 0) io.write(`${JSON.stringify(answer)}\n`);
	} catch (thrown) {
		io.write(`${JSON.stringify(explained(thrown instanceof Error ? thrown.message : String(thrown)))}\n`);
	}
	return 0;
}
async function sessionStart(io) {
	const place = pluginPlace(io);
	const state = readState(place.stateDir);
	if (state === void 0 || !isRouted(state)) return void 0;
	const ensured = await ensure(state, place, io, "renew");
	return ensured.state === "down" ? explained(ensured.why) : void 0;
}
async function promptSubmit(io) {
	const place = pluginPlace(io);
	const state = readState(place.stateDir);
	const prompt = asString(asObject(parseJson(await io.readInput())).prompt) ?? "";
	const command = /^\/dragoman:(\w+)/.exec(prompt)?.[1];
	if (command === "setup") handOver(place.stateDir, optionsFrom(io.env));
	if (state === void 0 || /^(?:setup|on|start|restart)$/.test(command ?? "")) return void 0;
	if (command === "stop") return await answeredHere(command, place, io);
	if (!isRouted(state)) return await leftBehind(state, io);
	const ensured = await ensure(state, place, io, "keep");
	if (ensured.state !== "down") return void 0;
	if (command === void 0) return explained(ensured.why);
	return {
		...await answeredHere(command, place, io),
		...explained(ensured.why)
	};
}
function ensure(state, place, io, others) {
	return ensureAnswering(state, {
		runtime: () => stableRuntime(place, io.env),
		env: io.env,
		stateDir: place.stateDir,
		renew: others === "renew",
		start: autoStarts(optionsFrom(io.env)),
		patienceMs: PATIENCE_MS
	});
}
/** Lines that are taken out of the settings stay in force in sessions that run. */
async function leftBehind(state, io) {
	if (io.env.ANTHROPIC_BASE_URL !== state.url) return void 0;
	const { kind } = await askHealth(state.url);
	if (kind === "gateway") return void 0;
	return explained("this session still goes through the gateway, which was switched off. Start a new session, or run /dragoman:on");
}
/** Runs one of the plugin's commands and shows what it says, without a model. */
async function answeredHere(command, place, io) {
	const child = spawn(process.execPath, [
		stableRuntime(place, io.env),
		"plugin",
		command
	], {
		stdio: [
			"ignore",
			"pipe",
			"pipe"
		],
		env: {
			...gatewayEnvironment(io.env),
			NO_COLOR: "1"
		},
		windowsHide: true
	});
	let said = "";
	for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", (text) => said += text);
	await new Promise((settle) => child.on("close", settle).on("error", settle));
	return {
		decision: "block",
		reason: said.trim()
	};
}
function explained(why) {
	return { systemMessage: `Dragoman: ${why.charAt(0).toLowerCase()}${why.slice(1)}` };
}

// scripts/build-plugin/hook-main.ts
/** The plugin's hooks alone: the whole CLI takes twice as long to load, and this runs before every prompt. */
await run({
	text: {},
	on: /* @__PURE__ */ new Set(),
	positionals: process.argv.slice(2)
}, {
	write: (output) => void process.stdout.write(output),
	writeError: (output) => void process.stderr.write(output),
	env: process.env,
	cwd: process.cwd(),
	homedir: homedir(),
	platform: process.platform,
	color: false,
	errorColor: false,
	outputIsTerminal: false,
	errorIsTerminal: false,
	inputIsTerminal: false,
	readInput: () => text(process.stdin)
});
process.exit(0);

export {  };