using System.Text;
using System.Text.Json;
using GitOps.Agent.Devices.EdgeX;

namespace GitOps.Agent.Host.Devices.EdgeX;

/// <summary>Why EdgeX did not do what it was asked.</summary>
/// <param name="passes">It may be otherwise soon, without a change in Git.</param>
internal sealed class EdgeXFailure(string why, bool passes)
{
    public string Why => why;

    public bool Passes => passes;
}

/// <summary>What became of one object of a request.</summary>
/// <param name="failure">Null when EdgeX took it.</param>
internal sealed class EdgeXOutcome(EdgeXItem item, EdgeXFailure? failure)
{
    public EdgeXItem Item => item;

    public EdgeXFailure? Failure => failure;
}

/// <summary>
/// Sends objects to core-metadata. A request with one bad object is refused whole, without saying which: it is halved until that
/// one is alone, so that nothing else fails with it.
/// </summary>
internal static class EdgeXSender
{
    /// <summary>core-metadata asks the device service about each device, and waits five seconds for one that is silent.</summary>
    private static readonly TimeSpan PerItem = TimeSpan.FromSeconds(6);

    public static async Task<List<EdgeXOutcome>> SendAsync(
        EdgeXRest rest, EdgeXStep.Send step, CancellationToken cancellationToken)
    {
        List<EdgeXOutcome> outcomes = [];
        await SendAsync(rest, step, [.. step.Items], outcomes, cancellationToken);
        return outcomes;
    }

    /// <summary>Removes it if it carries the mark still: since all of it was read, somebody may have taken it over.</summary>
    /// <returns>Why it is still there and ours; null when it is not.</returns>
    public static async Task<EdgeXFailure?> DeleteAsync(
        EdgeXRest rest, EdgeXStep.Delete step, string mark, CancellationToken cancellationToken)
    {
        var path = $"{PathOf(step.Kind)}/name/{Uri.EscapeDataString(step.Name)}";
        using var found = await rest.GetAsync(path, PerItem, cancellationToken);
        if (!found.IsGood)
        {
            return found.Status == 404 ? null : new EdgeXFailure(found.Why!, found.Passes);
        }

        var members = found.Body!.RootElement.ValueKind == JsonValueKind.Object ? found.Body.RootElement.EnumerateObject() : default;
        if (members.Select(member => EdgeXObject.Read(step.Kind, member.Value)).FirstOrDefault(one => one is not null) is not { } there)
        {
            return new EdgeXFailure("EdgeX answers without saying what it is", passes: true);
        }

        if (!there.HasLabel(mark))
        {
            return null;
        }

        using var answer = await rest.SendAsync(HttpMethod.Delete, path, null, PerItem * 2, cancellationToken);
        return answer.IsGood || answer.Status == 404 ? null : new EdgeXFailure(answer.Why!, answer.Passes);
    }

    private static async Task SendAsync(
        EdgeXRest rest, EdgeXStep.Send step, List<EdgeXItem> items, List<EdgeXOutcome> outcomes, CancellationToken cancellationToken)
    {
        var method = step.Verb switch { EdgeXVerb.Add => HttpMethod.Post, EdgeXVerb.Replace => HttpMethod.Put, _ => HttpMethod.Patch };
        using var answer = await rest.SendAsync(method, PathOf(step.Kind), Request(step.Kind, items), PerItem * (items.Count + 1), cancellationToken);
        if (answer.Status == 400 && items.Count > 1)
        {
            var half = items.Count / 2;
            await SendAsync(rest, step, items.GetRange(0, half), outcomes, cancellationToken);
            await SendAsync(rest, step, items.GetRange(half, items.Count - half), outcomes, cancellationToken);
            return;
        }

        if (!answer.IsGood)
        {
            foreach (var item in items)
            {
                outcomes.Add(new EdgeXOutcome(item, new EdgeXFailure(answer.Why!, answer.Passes)));
            }

            return;
        }

        // 207 only says that there is an answer for each.
        var said = answer.Body!.RootElement;
        for (var i = 0; i < items.Count; i++)
        {
            outcomes.Add(said.ValueKind == JsonValueKind.Array && i < said.GetArrayLength()
                ? OutcomeOf(items[i], said[i])
                : new EdgeXOutcome(items[i], new EdgeXFailure("EdgeX answers for fewer objects than it was sent", passes: true)));
        }
    }

    private static EdgeXOutcome OutcomeOf(EdgeXItem item, JsonElement said)
    {
        var status = said.ValueKind == JsonValueKind.Object && said.TryGetProperty("statusCode"u8, out var code) && code.TryGetInt32(out var number) ? number : 502;
        return status is >= 200 and < 300
            ? new EdgeXOutcome(item, null)
            : new EdgeXOutcome(item, new EdgeXFailure(
                string.Create(System.Globalization.CultureInfo.InvariantCulture, $"EdgeX says {status}: {EdgeXRest.MessageOf(said)}"), EdgeXRest.Passes(status)));
    }

    private static string Request(EdgeXKind kind, List<EdgeXItem> items)
    {
        var member = kind switch { EdgeXKind.Profile => "profile", EdgeXKind.Device => "device", _ => "provisionwatcher" };
        var json = new StringBuilder("[");
        foreach (var item in items)
        {
            json.Append(json.Length > 1 ? "," : "").Append("{\"apiVersion\":\"v3\",\"").Append(member).Append("\":").Append(item.Json).Append('}');
        }

        return json.Append(']').ToString();
    }

    private static string PathOf(EdgeXKind kind) => kind switch
    {
        EdgeXKind.Profile => "deviceprofile",
        EdgeXKind.Device => "device",
        _ => "provisionwatcher",
    };
}
