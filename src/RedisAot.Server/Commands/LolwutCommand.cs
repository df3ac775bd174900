using System.Text;
using RedisAot.Resp;
using RedisAot.Server.Diagnostics;

namespace RedisAot.Server.Commands;

/// <summary>LOLWUT. See https://redis.io/docs/latest/commands/lolwut/.</summary>
internal static unsafe class LolwutCommand
{
    private static void Lolwut(CommandContext c)
    {
        uint version = 0;
        int first = 1;
        if (c.ArgCount >= 3 && c.ArgIs(1, "version"u8))
        {
            if (!c.TryGetLong(2, out long asked))
                return;
            version = (uint)asked;
            first = 3;
        }
        switch (version)
        {
            case 5:
                Schotter(c, first);
                break;
            case 6:
                Skyline(c, first);
                break;
            default:
                Reply(c, "");
                break;
        }
    }

    private static void Schotter(CommandContext c, int first)
    {
        if (TryGetSize(c, first, 66, 1000, out int columns)
            && TryGetSize(c, first + 1, 8, 200, out int squaresPerRow)
            && TryGetSize(c, first + 2, 12, 200, out int squaresPerColumn))
        {
            string art = Diagnostics.Lolwut.Schotter(Random.Shared, columns, squaresPerRow, squaresPerColumn);
            Reply(c, $"{art}\nGeorg Nees - schotter, plotter on paper, 1968. ");
        }
    }

    private static void Skyline(CommandContext c, int first)
    {
        if (TryGetSize(c, first, 80, 1000, out int columns) && TryGetSize(c, first + 1, 20, 1000, out int rows))
        {
            string art = Diagnostics.Lolwut.Skyline(Random.Shared, columns, rows);
            Reply(c, $"{art}\nDedicated to the 8 bit game developers of past and present.\n"
                + "Original 8 bit image from Plaguemon by hikikomori. ");
        }
    }

    private static bool TryGetSize(CommandContext c, int index, int fallback, int max, out int size)
    {
        size = fallback;
        if (index >= c.ArgCount)
            return true;
        if (!c.TryGetLong(index, out long asked))
            return false;
        size = (int)Math.Clamp(asked, 1, max);
        return true;
    }

    private static void Reply(CommandContext c, string art) =>
        c.Reply.Verbatim("txt"u8, Encoding.UTF8.GetBytes($"{art}Redis ver. {ServerVersion.Official}\n"));

    internal static void Register(CommandTable table) =>
        table.Add(new("lolwut", -1, &Lolwut)
        {
            Group = CommandGroup.Server, Since = "5.0.0", Flags = CommandFlags.ReadOnly | CommandFlags.Fast,
            Summary = "Display some computer art and the Redis version",
            Arguments = "['VERSION' version:integer]",
        });
}
