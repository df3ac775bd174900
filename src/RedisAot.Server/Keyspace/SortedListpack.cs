using RedisAot.Data;
using RedisAot.Resp;

namespace RedisAot.Server.Keyspace;

/// <summary>
/// A small sorted set: a listpack in which each member is followed by its score, in order. Scores are stored as official does:
/// integers as such, others as text, so that a negative zero becomes zero.
/// </summary>
internal static unsafe class SortedListpack
{
    /// <summary>Integers beyond this are stored as text; official's limit.</summary>
    private const double MaxInteger = long.MaxValue / 2;

    /// <summary>The number of members.</summary>
    public static int Count(byte* lp) => Listpack.Count(lp) / 2;

    /// <summary>The member with a name, or null.</summary>
    public static byte* Find(byte* lp, ReadOnlySpan<byte> name) => Listpack.Find(Listpack.First(lp), name, skip: 1);

    /// <summary>The member of a rank, or null where there is no such rank.</summary>
    public static byte* At(byte* lp, long rank) => rank < 0 ? null : Listpack.Seek(lp, rank * 2);

    /// <summary>The next higher member, or null.</summary>
    public static byte* Next(byte* member) => Listpack.Next(Listpack.Next(member));

    /// <summary>The next lower member, or null.</summary>
    public static byte* Previous(byte* lp, byte* member)
    {
        byte* score = Listpack.Previous(lp, member);
        return score == null ? null : Listpack.Previous(lp, score);
    }

    /// <summary>A member's score.</summary>
    public static double ScoreOf(byte* member)
    {
        ListpackValue score = Listpack.Get(Listpack.Next(member));
        if (score.IsInteger)
            return score.Integer;
        // A value from elsewhere may hold any text; what is no number counts as zero.
        return NumberText.TryParseDouble(score.Bytes, out double value) ? value : 0;
    }

    /// <summary>A member's score as it is stored.</summary>
    public static ListpackValue ScoreElementOf(byte* member) => Listpack.Get(Listpack.Next(member));

    /// <summary>A member's name; that of an integer is written into <paramref name="scratch"/> (<see cref="DecimalInteger.MaxLength"/> bytes).</summary>
    public static ReadOnlySpan<byte> NameOf(byte* member, Span<byte> scratch) => Listpack.Get(member).AsBytes(scratch);

    /// <summary>A member's rank.</summary>
    public static long RankOf(byte* lp, byte* member)
    {
        long rank = 0;
        for (byte* other = Listpack.First(lp); other != member; other = Next(other))
            rank++;
        return rank;
    }

    /// <summary>How many members lie before a bound.</summary>
    public static long CountBefore<TBound>(byte* lp, scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        FirstAfter(lp, bound, out long rank);
        return rank;
    }

    /// <summary>Adds a member whose name is known to be absent.</summary>
    public static void Insert(ref byte* lp, ReadOnlySpan<byte> name, double score)
    {
        MemberBound place = new(score, name);
        byte* last = Listpack.Count(lp) == 0 ? null : Listpack.Seek(lp, -2);
        // Members that come in order, as they often do, need only one comparison.
        byte* next = last == null || IsBefore(last, place) ? null : FirstAfter(lp, place, out _);
        Insert(ref lp, next, name, score);
    }

    /// <summary>Adds a member at the end, where it belongs.</summary>
    public static void Append(ref byte* lp, ReadOnlySpan<byte> name, double score) => Insert(ref lp, null, name, score);

    /// <summary>Gives a member another score and place.</summary>
    public static void UpdateScore(ref byte* lp, byte* member, ReadOnlySpan<byte> name, double score)
    {
        Listpack.Delete(ref lp, member, 2);
        Insert(ref lp, name, score);
    }

    /// <summary>Removes members from the given one on.</summary>
    public static void Remove(ref byte* lp, byte* member, int count = 1) => Listpack.Delete(ref lp, member, count * 2);

    /// <summary>The first member after a bound, or null; its rank.</summary>
    private static byte* FirstAfter<TBound>(byte* lp, scoped in TBound bound, out long rank)
        where TBound : struct, ISortedBound, allows ref struct
    {
        rank = 0;
        byte* member = Listpack.First(lp);
        for (; member != null && IsBefore(member, bound); member = Next(member))
            rank++;
        return member;
    }

    private static bool IsBefore<TBound>(byte* member, scoped in TBound bound)
        where TBound : struct, ISortedBound, allows ref struct
    {
        Span<byte> scratch = stackalloc byte[DecimalInteger.MaxLength];
        // A bound that asks for no score spares reading it, which is most of the work.
        double score = double.IsNaN(bound.Score) ? 0 : ScoreOf(member);
        return bound.IsAfter(score, NameOf(member, scratch));
    }

    /// <summary>Adds a member before another one, or at the end where that is null.</summary>
    private static void Insert(ref byte* lp, byte* next, ReadOnlySpan<byte> name, double score)
    {
        Span<byte> scratch = stackalloc byte[NumberText.MaxDoubleLength];
        fixed (byte* nameBytes = name, scoreText = scratch)
        {
            ListpackValue scoreValue = Math.Abs(score) <= MaxInteger && score == (long)score
                ? ListpackValue.OfInteger((long)score)
                : ListpackValue.OfString(scoreText, NumberText.FormatScore(score, scratch));
            ReadOnlySpan<ListpackValue> pair = [ListpackValue.Of(nameBytes, name.Length), scoreValue];
            if (next == null)
                Listpack.Append(ref lp, pair);
            else
                Listpack.InsertBefore(ref lp, next, pair);
        }
    }
}
