"""The figures as Markdown tables."""

ADDED = {
    "none": "nothing measured",
    "reports": "+ poll: each report looked at",
    "stamp": "+ stamp: times and number in each message",
    "actual": "+ histograms from actual times",
    "intended": "+ histograms from intended times, pacing error",
    "ledger": "+ accounting by number",
    "telemetry": "+ telemetry: counters and rows published",
}


def markdown(document):
    host = document["machine"]
    lines = [f"{document['pinload']}; {host['cpus']} CPUs ({host['cpu_model']}), {host['memory_bytes'] / 2**30:.0f} GiB, {host['kernel']}."]
    for part, table in (("loops", _loops), ("pauses", _pauses), ("sink", _sink), ("pairs", _pairs), ("kafka", _kafka),
                        ("wire_clients", _wire_clients), ("clients", _clients)):
        if part in document:
            lines += ["", *table(document[part])]
    return "\n".join(lines) + "\n"


def _loops(loops):
    lines = ["| instructions (ns) a message | " + " | ".join(each["loop"] for each in loops) + " |", "|---|" + "--:|" * len(loops)]
    rows = [[each["parts"][nth] for each in loops] for nth in range(len(ADDED))]
    for nth, row in enumerate(rows):
        cells = [_cost(part, rows[nth - 1][column] if nth else None) for column, part in enumerate(row)]
        lines.append(f"| {ADDED[row[0]['measuring']]} | " + " | ".join(cells) + " |")
    lines.append("| **everything measured** | " + " | ".join(f"**{_cost(part)}**" for part in rows[-1]) + " |")
    ratios = [_number(all_on["ns_per_message"] / none["ns_per_message"], ".2f") for none, all_on in zip(rows[0], rows[-1])]
    lines.append("| everything ÷ nothing, ns | " + " | ".join(ratios) + " |")
    lines.append("| million messages a second, everything measured | " + " | ".join(
        _number(each["messages_per_s"] and each["messages_per_s"] / 1e6, ".1f") for each in loops) + " |")
    return lines


def _cost(part, before=None):
    def less(name):
        if name not in part or before is not None and name not in before:
            return None
        return part[name] - (before[name] if before else 0)

    sign = "+" if before else ""
    return f"{_number(less('instructions_per_message'), sign + '.0f')} ({_number(less('ns_per_message'), sign + '.1f')})"


def _pauses(pauses):
    lines = ["| pause of the loop per slot, µs | slots | p50 | p99 | p99.9 | longest | largest slot, bytes |", "|---|--:|--:|--:|--:|--:|--:|"]
    for each in pauses:
        figures = [f"{each['pause_ns'][name] / 1000:.1f}" for name in ("p50", "p99", "p99_9", "max")]
        lines.append(f"| {each['loop']} | {each['slots']:,} | " + " | ".join(figures) + f" | {each['largest_slot_bytes']:,} |")
    return lines


def _sink(sink):
    lines = ["| wire driver, a broker that costs nothing on another CPU | million msg/s | MB/s of values | CPU ns/msg | the sink waited "
             "| nothing measured: million msg/s | CPU ns/msg | everything ÷ nothing, CPU |", "|---|--:|--:|--:|--:|--:|--:|--:|"]
    for each in sink["cases"]:
        lines.append(
            f"| {each['direction']}, {each['value_bytes']} B | {each['messages_per_s_all'] / 1e6:.2f} | {each['value_bytes_per_s_all'] / 1e6:,.0f} "
            f"| {each['cpu_ns_per_message_all']:.1f} | {each['sink_waited_share_all']:.0%} | {each['messages_per_s_none'] / 1e6:.2f} "
            f"| {each['cpu_ns_per_message_none']:.1f} | {_range(each['all_to_none'])} |")
    figures = lambda errors: " | ".join(f"{errors[name] / 1000:.2f}" for name in ("p50", "p99", "p99_9", "max"))
    where = "the sink's CPU" if sink["io_cpu"] == sink["cpus"][1] else "a CPU of its own"
    lines += ["", f"| pacing error at {sink['paced_per_s']:,} msg/s, µs | p50 | p99 | p99.9 | longest |", "|---|--:|--:|--:|--:|",
              f"| wire driver, a broker that costs nothing on another CPU | {figures(sink['pacing_error_ns'])} |",
              f"| the same with an I/O thread on {where} | {figures(sink['pacing_error_by_thread_ns'])} |"]
    return lines


def _pairs(pairs):
    lines = ["| null driver, two clients at once, each on a CPU of its own | msg/s of one alone | of each of the two | 2 clients ÷ 2 × 1 client, msg/s "
             "| CPU per message, together ÷ alone |", "|---|--:|--:|--:|--:|"]
    for each in pairs:
        core = ", one core" if each["same_core"] else ""
        lines.append(f"| {each['loop']} (CPUs {each['cpus'][0]} and {each['cpus'][1]}{core}) | {each['messages_per_s_alone']:,.0f} "
                     f"| {each['messages_per_s_together']:,.0f} | {_range(each['rate_to_twice_one'])} | {_range(each['cpu_per_message_to_alone'])} |")
    return lines


def _range(ratio):
    return f"{ratio['median']:.3f} ({ratio['min']:.3f}–{ratio['max']:.3f})"


def _kafka(pairs):
    lines = ["| real Kafka, unlimited rate | CPU ns/msg, everything measured | nothing measured | everything ÷ nothing |", "|---|--:|--:|--:|"]
    for each in pairs:
        ratio = each["all_to_none"]
        lines.append(f"| {each['role']} | {each['cpu_ns_per_message_all']:.0f} | {each['cpu_ns_per_message_none']:.0f} "
                     f"| {ratio['median']:.2f} ({ratio['min']:.2f}–{ratio['max']:.2f}) |")
    return lines


def _wire_clients(rows):
    return _clients(rows, "clients of the wire driver on a Kafka, half producers, half consumers")


def _clients(rows, whose="clients"):
    lines = [f"| {whose} | all ready, s | memory of all, MiB | each client adds, MiB | supervisor, MiB | supervisor, % of a CPU "
             "| drains in all, ms | drain of a slot, µs | close, s |", "|--:|--:|--:|--:|--:|--:|--:|--:|--:|"]
    for each in rows:
        per_client = each["memory_bytes_per_client"]
        cells = [
            f"{each['clients']}", f"{each['ready_s']:.2f}", f"{each['memory_bytes'] / 2**20:.0f}",
            _number(per_client and per_client / 2**20, ".2f"), f"{each['supervisor_memory_bytes'] / 2**20:.0f}",
            f"{each['supervisor_cpu_share'] * 100:.2f}", f"{each['drain_ns'] / 1e6:.1f}",
            _number(each["drain_ns_per_slot"] and each["drain_ns_per_slot"] / 1000, ".0f"), f"{each['close_s']:.2f}",
        ]
        lines.append("| " + " | ".join(cells) + " |")
    return lines


def _number(value, form):
    return "–" if value is None else format(value, form)
