using System.Globalization;
using RedisAot.Resp;

namespace RedisAot.Server.Configuration;

/// <summary><c>latency-tracking-info-percentiles p …</c>, each from 0 to 100.</summary>
internal sealed class PercentilesDirective() : Directive("latency-tracking-info-percentiles", DirectiveFlags.MultiArg)
{
    public override void Reset(ServerConfig config) => config.LatencyTrackingInfoPercentiles = [50, 99, 99.9];

    public override ConfigChange Set(ServerConfig config, ReadOnlySpan<byte[]> arguments, out string? error)
    {
        error = null;
        if (arguments.Length == 1 && arguments[0].Length == 0) arguments = default;
        var percentiles = new double[arguments.Length];
        for (int i = 0; i < percentiles.Length && error == null; i++)
        {
            if (!NumberText.TryParseDouble(arguments[i], out double value))
                error = "Invalid latency-tracking-info-percentiles parameters";
            else if (value is > 100.0 or < 0.0)
                error = "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
            percentiles[i] = value;
        }

        if (error != null) return ConfigChange.Refused;
        config.LatencyTrackingInfoPercentiles = percentiles;
        return ConfigChange.Changed;
    }

    public override byte[] Get(ServerConfig config) =>
        Ascii(string.Join(' ', Array.ConvertAll(config.LatencyTrackingInfoPercentiles, Show)));

    public override void Rewrite(ServerConfig config, ConfigRewriter rewriter)
    {
        bool none = config.LatencyTrackingInfoPercentiles.Length == 0;
        rewriter.Write(Name, none ? "\"\""u8 : Get(config), force: true);
    }

    private static string Show(double percentile) => percentile.ToString("0.######", CultureInfo.InvariantCulture);
}
