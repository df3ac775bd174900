using System.Globalization;
using System.Text;
using RedisAot.Data;
using RedisAot.Server.Diagnostics;
using RedisAot.Server.Keyspace;

namespace RedisAot.Server.Commands;

/// <summary>PFDEBUG and PFSELFTEST, which show whether <see cref="HyperLogLogCommands"/> do what they should.</summary>
internal static unsafe class HyperLogLogDebugCommands
{
    private static void PfDebug(CommandContext c)
    {
        KeyEntry entry = c.Db.LookupWrite(c[2]);
        if (entry.IsNull)
        {
            c.Reply.Error("ERR The specified key does not exist"u8);
            return;
        }
        if (!HyperLogLogCommands.Check(c, entry))
            return;
        Span<byte> value = HyperLogLogCommands.Unshare(c, 2, entry);
        if (c.ArgIs(1, "getreg"u8))
            Registers(c);
        else if (c.ArgIs(1, "decode"u8))
            Decode(c, value);
        else if (c.ArgIs(1, "encoding"u8))
            c.Reply.SimpleString(HyperLogLog.IsDense(value) ? "dense"u8 : "sparse"u8);
        else if (c.ArgIs(1, "todense"u8))
            ToDense(c);
        else
            c.Reply.Error([.. "ERR Unknown PFDEBUG subcommand '"u8, .. c[1], .. "'"u8]);
    }

    private static void Registers(CommandContext c)
    {
        if (!TryMakeDense(c, out _))
            return;
        Span<byte> registers = stackalloc byte[HyperLogLog.RegisterCount];
        registers.Clear();
        HyperLogLog.TryMergeInto(registers, StringValue.Read(c.Db.Peek(c[2]), default));
        c.Reply.ArrayHeader(registers.Length);
        foreach (byte register in registers)
            c.Reply.Integer(register);
    }

    private static void ToDense(CommandContext c)
    {
        if (TryMakeDense(c, out bool changed))
            c.Reply.Integer(changed ? 1 : 0);
    }

    /// <summary>Makes the value dense, which counts as a change; false when it is corrupt and the error was replied.</summary>
    private static bool TryMakeDense(CommandContext c, out bool changed)
    {
        HyperLogLogCommands.TryOpen(c, 2, elements: 0, out HyperLogLogCommands.Draft draft);
        changed = !HyperLogLog.IsDense(draft.Buffer);
        bool valid = HyperLogLog.TryMakeDense(draft.Buffer, ref draft.Length);
        draft.Close(c, 2);
        if (!valid)
            HyperLogLogCommands.Corrupt(c);
        else if (changed)
            c.Dirty++;
        return valid;
    }

    private static void Decode(CommandContext c, ReadOnlySpan<byte> value)
    {
        if (HyperLogLog.IsDense(value))
        {
            c.Reply.Error("ERR HLL encoding is not sparse"u8);
            return;
        }
        StringBuilder text = new();
        ReadOnlySpan<byte> runs = HyperLogLog.SparseRunsOf(value);
        for (int at = 0; SparseRun.TryRead(runs, at, out SparseRun run); at += run.Bytes)
        {
            if (at > 0)
                text.Append(' ');
            if (run.Value > 0)
                text.Append(CultureInfo.InvariantCulture, $"v:{run.Value},{run.Length}");
            else
                text.Append(run.Bytes == 1 ? 'z' : 'Z').Append(CultureInfo.InvariantCulture, $":{run.Length}");
        }
        c.Reply.Bulk(text.ToString());
    }

    private static void PfSelfTest(CommandContext c)
    {
        if (HyperLogLogSelfTest.FindFault(c.Server.Config.HllSparseMaxBytes) is { } fault)
            c.Reply.Error($"TESTFAILED {fault}");
        else
            c.Reply.Ok();
    }

    internal static void Register(CommandTable table)
    {
        table.Add(new("pfdebug", 3, &PfDebug)
        {
            Group = CommandGroup.HyperLogLog, Since = "2.8.9",
            Flags = CommandFlags.Write | CommandFlags.DenyOom | CommandFlags.Admin, Categories = AclCategories.HyperLogLog,
            Summary = "Internal commands for debugging HyperLogLog values",
            Complexity = "N/A",
            DocFlags = CommandDocFlags.SysCmd,
            Keys = [KeySpec.At(2, KeyFlags.RW | KeyFlags.Access)],
            Arguments = "subcommand key#0",
        });

        table.Add(new("pfselftest", 1, &PfSelfTest)
        {
            Group = CommandGroup.HyperLogLog, Since = "2.8.9", Flags = CommandFlags.Admin, Categories = AclCategories.HyperLogLog,
            Summary = "An internal command for testing HyperLogLog values",
            Complexity = "N/A",
            DocFlags = CommandDocFlags.SysCmd,
        });
    }
}
