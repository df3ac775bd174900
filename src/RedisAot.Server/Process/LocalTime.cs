using System.Runtime.InteropServices;

namespace RedisAot.Server.Process;

/// <summary>The local time as the C library knows it: reading .NET's time zone tables would cost start-up time and memory.</summary>
internal readonly unsafe partial struct LocalTime
{
    private static readonly string[] Months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

    private readonly BrokenDown _time;
    private readonly int _milliseconds;

    private LocalTime(BrokenDown time, int milliseconds)
    {
        _time = time;
        _milliseconds = milliseconds;
    }

    /// <summary>The present.</summary>
    public static LocalTime Now
    {
        get
        {
            long unixMilliseconds = DateTimeOffset.UtcNow.ToUnixTimeMilliseconds();
            long seconds = unixMilliseconds / 1000;
            BrokenDown time;
            localtime_r(&seconds, &time);
            return new LocalTime(time, (int)(unixMilliseconds % 1000));
        }
    }

    /// <summary>As in log lines: <c>22 Nov 2026 20:45:36.123</c>.</summary>
    public override string ToString() =>
        $"{_time.Day:00} {Months[_time.Month]} {_time.Year + 1900} {_time.Hour:00}:{_time.Minute:00}:{_time.Second:00}.{_milliseconds:000}";

    [LibraryImport("libc")]
    private static partial BrokenDown* localtime_r(long* seconds, BrokenDown* result);

    /// <summary>The C library's <c>struct tm</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct BrokenDown
    {
        public int Second;
        public int Minute;
        public int Hour;
        public int Day;
        public int Month;
        public int Year;
        public int WeekDay;
        public int YearDay;
        public int IsSummerTime;
        public long OffsetSeconds;
        public byte* ZoneName;
    }
}
