using System.Text;
using System.Text.Json;
using GitOps.Agent.Host.History;
using GitOps.Agent.Host.Links;
using GitOps.Agent.Host.Logs;
using GitOps.Agent.Host.Store;
using GitOps.Agent.Loop;
using GitOps.Bundles;
using GitOps.Bundles.Units;

namespace GitOps.Agent.Host.Control;

/// <summary>What the agent answers to people at its machine. Nothing here asks anybody outside of it.</summary>
/// <param name="sync">Runs a sync of this name now; whether there is one.</param>
internal sealed class ControlDesk(
    AgentLoop loop, HistoryLog history, IReadOnlyList<IUnitLogs> logs, CarriedImport import, LinkLedger ledger, Func<string, bool> sync, string node)
{
    public async Task<byte[]> AnswerAsync(ControlRequest request)
    {
        switch (request.Ask)
        {
            case ControlRequest.Status:
                return StatusDocument.Status(loop.View);
            case ControlRequest.Plan:
                return StatusDocument.Plan(loop.View);
            case ControlRequest.Why:
                return Why(request);
            case ControlRequest.History:
                return HistoryDocument.Of(loop.View.State.Generations, history.Entries);
            case ControlRequest.Fetch:
                ledger.OpenForAnHour();
                loop.FetchNow();
                return Done("for an hour blobs are fetched whatever window and budget say");
            case ControlRequest.Sync when UnitId.TryParse(request.Unit, out var unit):
                return sync(unit.Name) ? Done($"{unit} runs; 'gitops-agent status' says how it goes") : Unknown(unit);
            case ControlRequest.Retry:
                return Done(await loop.AskAsync(new PersonRequest.Retry()));
            case ControlRequest.RollBack when request is { Generation: { } generation, ForMs: { } length and > 0 }:
                return Said(await loop.AskAsync(new PersonRequest.RollBack(
                    generation, TimeSpan.FromMilliseconds(length), request.Reason ?? "no reason given", request.By ?? "somebody")));
            case ControlRequest.RollBack when request.Generation is null:
                return Done(await loop.AskAsync(new PersonRequest.Follow()));
            case ControlRequest.Release when request.Unit is null:
                return Done(await loop.AskAsync(new PersonRequest.ReleaseUnit(null)));
            case ControlRequest.Hold when request is { Unit: null, ForMs: { } length and > 0 }:
                return Done(await loop.AskAsync(new PersonRequest.HoldUnit(
                    null, TimeSpan.FromMilliseconds(length), request.Reason ?? "no reason given", request.By ?? "somebody")));
            case ControlRequest.Release when UnitId.TryParse(request.Unit, out var unit):
                return Done(await loop.AskAsync(new PersonRequest.ReleaseUnit(unit)));
            case ControlRequest.Hold when UnitId.TryParse(request.Unit, out var unit) && request.ForMs is { } time and > 0:
                return Find(unit) is null
                    ? Unknown(unit)
                    : Done(await loop.AskAsync(new PersonRequest.HoldUnit(
                        unit, TimeSpan.FromMilliseconds(time), request.Reason ?? "no reason given", request.By ?? "somebody")));
            default:
                return Refused($"the agent does not understand '{Encoding.UTF8.GetString(JsonSerializer.SerializeToUtf8Bytes(request, ControlContext.Default.ControlRequest))}'");
        }
    }

    /// <summary>Takes in a file that <c>gitops export</c> wrote.</summary>
    public async Task<byte[]> ImportAsync(ControlRequest request, CancellationToken cancellationToken) =>
        await import.TakeAsync(request.File ?? "", loop, cancellationToken) switch
        {
            ImportOutcome.Taken(var said) => Done(said),
            ImportOutcome.Refused(var problem) => Refused(problem.ToString()),
            var outcome => throw new System.Diagnostics.UnreachableException($"no such outcome: {outcome}"),
        };

    /// <summary>One line that says whether there is a log, then the log, until it ends or whoever asked goes away.</summary>
    public async Task WriteLogsAsync(ControlRequest request, Stream answer, CancellationToken cancellationToken)
    {
        var (unit, problem) = Printing(request);
        if (unit is null)
        {
            await answer.WriteAsync(problem, cancellationToken);
            return;
        }

        await answer.WriteAsync((byte[])[.. Done(unit.Id.ToString()), (byte)'\n'], cancellationToken);
        using var gone = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var watching = WatchAsync(answer, gone);
        try
        {
            var query = new LogQuery(Math.Clamp(request.Lines ?? 100, 0, LogQuery.MostLines), request.Follow ?? false) { Part = request.Part };
            await foreach (var piece in logs.First(l => l.Has(unit)).ReadAsync(unit, query, gone.Token))
            {
                await answer.WriteAsync(piece, gone.Token);
            }
        }
        finally
        {
            await gone.CancelAsync();
            await watching;
        }
    }

    /// <summary>Ends a silent log's reading when whoever asked has closed the connection.</summary>
    private static async Task WatchAsync(Stream answer, CancellationTokenSource gone)
    {
        try
        {
            while (await answer.ReadAsync(new byte[1], gone.Token) > 0)
            {
            }

            await gone.CancelAsync();
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            await gone.CancelAsync();
        }
    }

    private (Unit? Unit, byte[] Problem) Printing(ControlRequest request) =>
        !UnitId.TryParse(request.Unit, out var id) ? (null, Refused($"'{request.Unit}' is not kind/name, such as workload/web"))
        : Find(id) is not { } unit ? (null, Unknown(id))
        : !logs.Any(l => l.Has(unit)) ? (null, Refused($"{id} prints nothing that is kept here; only workloads do"))
        : (unit, []);

    private byte[] Why(ControlRequest request)
    {
        var view = loop.View;
        if (request.Unit is null)
        {
            return ReasonDocument.Of(Explaining.Why.Node(view, node));
        }

        if (!UnitId.TryParse(request.Unit, out var id))
        {
            return Refused($"'{request.Unit}' is not kind/name, such as workload/web");
        }

        var reason = request.Field is { Length: > 0 } field ? Explaining.Why.Field(view, id, field) : Explaining.Why.Unit(view, id);
        return reason is null ? Unknown(id) : ReasonDocument.Of(reason);
    }

    private Unit? Find(UnitId id) => loop.View.Target?.Units.FirstOrDefault(u => u.Id == id) ?? loop.View.State.FindOwned(id)?.Current;

    private static byte[] Unknown(UnitId unit) => Refused($"this node has no unit '{unit}'; 'gitops-agent status' lists them");

    private static byte[] Said(string message) =>
        message.StartsWith("refused: ", StringComparison.Ordinal) ? Refused(message["refused: ".Length..]) : Done(message);

    private static byte[] Done(string message) => JsonSerializer.SerializeToUtf8Bytes(new ControlAnswer(true, message), ControlContext.Default.ControlAnswer);

    private static byte[] Refused(string message) => JsonSerializer.SerializeToUtf8Bytes(new ControlAnswer(false, message), ControlContext.Default.ControlAnswer);
}
