using GitOps.Agent.TimeSync;

namespace GitOps.Agent.Host.Control;

/// <summary>What <c>clock</c> prints as JSON: how the clock was, the oldest first.</summary>
internal static class ClockDocument
{
    public static byte[] Of(ClockHistory history, DateTimeOffset now) => JsonDocuments.Write(json =>
    {
        json.WriteNumber("format", 1);
        json.WriteString("now", now);
        json.WriteNumber("stepMs", (long)ClockHistory.Step.TotalMilliseconds);
        json.WriteStartArray("samples");
        foreach (var sample in history.Samples)
        {
            json.WriteStartObject();
            json.WriteString("at", sample.At);
            if (sample is { AheadNs: { } ahead, BoundNs: { } bound })
            {
                json.WriteNumber("offsetMs", Milliseconds(ahead));
                json.WriteNumber("errorBoundMs", Milliseconds(bound));
            }

            json.WriteEndObject();
        }

        json.WriteEndArray();
    });

    private static decimal Milliseconds(long nanoseconds) => nanoseconds / 1_000_000m;
}
