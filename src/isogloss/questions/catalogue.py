"""All questions by the names of their commands, in the order of help; each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from isogloss.questions.question import Question

QUESTIONS = {
    "forecast": "forecast:ForecastQuestion",
    "trust": "believe:TrustQuestion",
    "explain": "explain:ExplainQuestion",
    "sources": "sources:SourcesQuestion",
    "next": "next_tests:NextQuestion",
    "plan": "plan:PlanQuestion",
    "curve": "curve:CurveQuestion",
    "goal": "plan:GoalQuestion",
    "kinds": "plan:KindsQuestion",
    "additions": "explain:AdditionsQuestion",
    "compare": "compare:CompareQuestion",
    "adapt": "adapt:AdaptQuestion",
    "adapt show": "adapt:ShowAdaptationsQuestion",
    "rank": "compare:RankQuestion",
    "fair": "compare:FairQuestion",
    "benchmark": "believe:BenchmarkQuestion",
    "report": "report:ReportQuestion",
    "demo": "demo:DemoQuestion",
    "evidence import": "reading:ImportQuestion",
    "evidence plan": "reading:ReadingPlanQuestion",
    "evidence show": "evidence:ShowQuestion",
    "evidence conflicts": "evidence:ConflictsQuestion",
    "evidence query": "evidence:SelectQuestion",
    "evidence compare": "stores:CompareItemsQuestion",
    "evidence export": "stores:ExportQuestion",
    "evidence describe": "stores:DescribeStoreQuestion",
    "evidence compact": "stores:CompactQuestion",
    "evidence fetch": "stores:FetchQuestion",
    "evidence sources": "stores:StoreSourcesQuestion",
    "languages show": "languages:DescribeQuestion",
    "languages list": "languages:ListQuestion",
    "languages nearest": "distances:NearestQuestion",
    "languages distance": "distances:DistanceQuestion",
    "languages add": "languages:AddQuestion",
    "languages sources": "languages:FeatureSourcesQuestion",
    "languages datasets": "data_sets:DataSetsQuestion",
    "background show": "background:BackgroundShowQuestion",
    "background build": "background:BackgroundBuildQuestion",
    "align tokens": "tokens:TokensQuestion",
    "align encode": "encoding:EncodeQuestion",
    "align score": "align_score:AlignmentQuestion",
    "align compare": "align_compare:CompareVectorsQuestion",
    "align report": "align_report:AlignmentReportQuestion",
    "align probe": "align_probe:ProbeQuestion",
    "align transfer": "align_transfer:TransferQuestion",
    "align latent": "latent:LatentQuestion",
    "align neurons": "neurons:NeuronsQuestion",
    "behaviour answer": "answering:AnswerQuestion",
    "behaviour recall": "recall:RecallQuestion",
    "behaviour confusion": "confusion:ConfusionQuestion",
    "behaviour consistency": "consistency:ConsistencyQuestion",
    "behaviour pitfalls": "pitfalls:PitfallsQuestion",
    "behaviour culture": "culture:CultureQuestion",
    "behaviour neurons": "relation_neurons:RelationNeuronsQuestion",
    "behaviour facts": "taught_facts:TaughtFactsQuestion",
    "behaviour edits": "edits:EditsQuestion",
    "behaviour difficulty": "difficulty:DifficultyQuestion",
    "behaviour experts": "experts:ExpertsQuestion",
    "behaviour generation": "generation:GenerationQuestion",
    "behaviour needles": "needles:NeedlesQuestion",
    "behaviour pronouns": "pronouns:PronounsQuestion",
    "behaviour occupations": "occupations:OccupationsQuestion",
    "behaviour aggregate": "aggregation:AggregateQuestion",
    "behaviour names": "name_votes:VoteNamesQuestion",
    "behaviour wins": "wins:WinsQuestion",
    "behaviour score": "behaviour_score:BehaviourScoreQuestion",
    "behaviour report": "behaviour_report:BehaviourReportQuestion",
    "behaviour metrics": "behaviour_score:BehaviourMetricsQuestion",
    "project": "project:ProjectQuestion",
    "lab tasks": "lab:TasksQuestion",
    "lab plan": "grids:PlanGridQuestion",
    "lab run": "grids:RunGridQuestion",
    "lab show": "grids:ShowGridQuestion",
    "lab costs": "grids:GridCostsQuestion",
    "lab retrieve": "retrieval:RetrieveQuestion",
    "lab sentences": "sentences:SentencesQuestion",
    "lab bilingual": "bilingual:BilingualQuestion",
    "lab vocabulary": "vocabulary:VocabularyQuestion",
    "lab pretrain": "lab:PretrainQuestion",
    "lab clones": "clones:ClonesQuestion",
    "lab mix": "lab:MixQuestion",
    "lab write-questions": "written_questions:WriteQuestionsQuestion",
    "lab write-mixed": "written_mixed:WriteMixedQuestion",
}
"""Name of the command to the module and class of its question."""


def question_kind(command: str) -> type[Question]:
    """The question of a command."""
    module, _, name = QUESTIONS[command].partition(":")
    kind: type[Question] = getattr(import_module(f"isogloss.questions.{module}"), name)
    return kind


def question_kinds() -> dict[str, type[Question]]:
    """Name of the command to its question."""
    return {command: question_kind(command) for command in QUESTIONS}
