using System.Globalization;
using System.Text;
using RedisAot.Server.Configuration;

namespace RedisAot.Server.Process;

/// <summary>The process's rank for the kernel's out-of-memory killer.</summary>
internal static class OomScore
{
    private const string ScoreFile = "/proc/self/oom_score_adj";

    /// <summary>The score that the process was started with, while ours is in place.</summary>
    private static int? _original;

    /// <summary>Writes the score that the configuration asks for, or puts the original one back.</summary>
    /// <returns>Whether it could be written.</returns>
    public static bool Apply(ServerConfig config, bool isReplica)
    {
        if (config.OomScoreAdj == OomScoreAdj.No)
        {
            bool restored = _original is not { } original || Write(original);
            _original = null;
            return restored;
        }

        if (_original == null && !TryReadOriginal()) return false;
        int score = config.OomScoreAdjValues[isReplica ? 1 : 0];
        if (config.OomScoreAdj == OomScoreAdj.Relative) score += _original!.Value;
        return Write(Math.Clamp(score, -1000, 1000));
    }

    private static bool TryReadOriginal()
    {
        if (LibC.ReadFile(ScoreFile, out string? error) is { } text)
        {
            _original = int.Parse(Encoding.ASCII.GetString(text), CultureInfo.InvariantCulture);
            return true;
        }
        ServerLog.Warning("Unable to read oom_score_adj: " + error);
        return false;
    }

    private static bool Write(int score)
    {
        if (LibC.WriteFile(ScoreFile, $"{score}\n") is not { } error) return true;
        ServerLog.Warning("Unable to write oom_score_adj: " + error);
        return false;
    }
}
