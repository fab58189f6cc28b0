-- A database as the first release (commit 5528886) left it, with rows in every table.
BEGIN TRANSACTION;
CREATE TABLE cell_followers (
	cell TEXT NOT NULL, 
	imported FLOAT NOT NULL, 
	embryo VARCHAR(10) NOT NULL, 
	PRIMARY KEY (cell, imported, embryo)
)
 WITHOUT ROWID

;
INSERT INTO "cell_followers" VALUES('ABa',1.7953896856226658821e+09,'drt61041');
INSERT INTO "cell_followers" VALUES('ABp',1.7953896856226658821e+09,'drt61041');
INSERT INTO "cell_followers" VALUES('EMS',1.7953896856226658821e+09,'drt61041');
INSERT INTO "cell_followers" VALUES('P2',1.7953896856226658821e+09,'drt61041');
CREATE TABLE embryo_cells (
	embryo VARCHAR(10) NOT NULL, 
	cell TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	PRIMARY KEY (embryo, cell), 
	FOREIGN KEY(embryo) REFERENCES embryos (id)
)
 WITHOUT ROWID

;
INSERT INTO "embryo_cells" VALUES('drt61041','ABa',30);
INSERT INTO "embryo_cells" VALUES('drt61041','ABp',30);
INSERT INTO "embryo_cells" VALUES('drt61041','EMS',30);
INSERT INTO "embryo_cells" VALUES('drt61041','P2',30);
INSERT INTO "embryo_cells" VALUES('q05fr7bj','ABa',30);
INSERT INTO "embryo_cells" VALUES('q05fr7bj','ABp',30);
INSERT INTO "embryo_cells" VALUES('q05fr7bj','EMS',30);
INSERT INTO "embryo_cells" VALUES('q05fr7bj','P2',30);
INSERT INTO "embryo_cells" VALUES('wq8a2ov2','ABa',30);
INSERT INTO "embryo_cells" VALUES('wq8a2ov2','ABp',30);
INSERT INTO "embryo_cells" VALUES('wq8a2ov2','EMS',30);
INSERT INTO "embryo_cells" VALUES('wq8a2ov2','P2',30);
CREATE TABLE embryo_set_members (
	set_name TEXT NOT NULL, 
	embryo VARCHAR(10) NOT NULL, 
	PRIMARY KEY (set_name, embryo), 
	FOREIGN KEY(set_name) REFERENCES embryo_sets (name) ON DELETE CASCADE, 
	FOREIGN KEY(embryo) REFERENCES embryos (id)
);
INSERT INTO "embryo_set_members" VALUES('my set','drt61041');
INSERT INTO "embryo_set_members" VALUES('my set','wq8a2ov2');
CREATE TABLE embryo_sets (
	name TEXT NOT NULL, 
	created FLOAT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "embryo_sets" VALUES('my set',1.79538968574270200724e+09);
CREATE TABLE embryo_tags (
	tag TEXT NOT NULL, 
	embryo VARCHAR(10) NOT NULL, 
	PRIMARY KEY (tag, embryo), 
	FOREIGN KEY(embryo) REFERENCES embryos (id)
);
INSERT INTO "embryo_tags" VALUES('good','drt61041');
INSERT INTO "embryo_tags" VALUES('good','wq8a2ov2');
CREATE TABLE embryos (
	id VARCHAR(10) NOT NULL, 
	checksum VARCHAR(64) NOT NULL, 
	name TEXT NOT NULL, 
	file_name TEXT NOT NULL, 
	source VARCHAR(16) NOT NULL, 
	gene TEXT NOT NULL, 
	strain TEXT NOT NULL, 
	date VARCHAR(10) NOT NULL, 
	session TEXT NOT NULL, 
	guessed JSON NOT NULL, 
	pixel_um FLOAT NOT NULL, 
	plane_um FLOAT NOT NULL, 
	interval_s FLOAT NOT NULL, 
	calibration JSON NOT NULL, 
	species TEXT NOT NULL, 
	rows INTEGER NOT NULL, 
	cells INTEGER NOT NULL, 
	frames INTEGER NOT NULL, 
	first_frame INTEGER NOT NULL, 
	last_frame INTEGER NOT NULL, 
	max_cells INTEGER NOT NULL, 
	start_cells INTEGER NOT NULL, 
	end_cells INTEGER NOT NULL, 
	flags JSON NOT NULL, 
	curve JSON NOT NULL, 
	extra JSON NOT NULL, 
	aux_info JSON, 
	frame_seconds JSON, 
	imported FLOAT NOT NULL, 
	deleted FLOAT, 
	PRIMARY KEY (id), 
	UNIQUE (checksum)
);
INSERT INTO "embryos" VALUES('drt61041','4c1ddda8a2164de4bc4af4d9e5a0ad670a66b2080569b417082fd0a8932e0a5a','CD20080101_pha-4_1_L1','CD20080101_pha-4_1_L1.csv','file','pha-4','RW10226','2008-01-01','20080101','["gene", "date", "species"]',0.09,1.0,61.5,'{"interval_s": "corrected by hand", "pixel_um": "guessed from the date of recording", "plane_um": "guessed from the date of recording"}','C. elegans',120,4,30,1,30,4,4,4,'["stops early"]','[4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]','{}','null','null',1.7953896856226658821e+09,NULL);
INSERT INTO "embryos" VALUES('wq8a2ov2','7e742b8e4aab9e27108cb2e5947804e4edeb9ea2959abff3306d9256c75f14fc','Ünïcode ’quoted’ name; DROP TABLE','Ünïcode ’quoted’ name; DROP TABLE.csv','file','','','','','["species"]',0.09,1.0,60.0,'{"interval_s": "assumed: the file shows too few cell cycles to guess from", "pixel_um": "assumed: usual for EPIC", "plane_um": "assumed: usual for EPIC"}','C. elegans',120,4,30,1,30,4,4,4,'["stops early"]','[4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]','{}','null','null',1.79538968572316050527e+09,NULL);
INSERT INTO "embryos" VALUES('q05fr7bj','4178b2f2157cfda21fdcdb7340c4cb896b475464b63f7176c0d36e3325fee200','deleted','deleted.csv','file','','','','','["species"]',0.09,1.0,60.0,'{"interval_s": "assumed: the file shows too few cell cycles to guess from", "pixel_um": "assumed: usual for EPIC", "plane_um": "assumed: usual for EPIC"}','C. elegans',120,4,30,1,30,4,4,4,'["stops early"]','[4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4, 4]','{}','null','null',1.79538969563269376755e+09,1.79538969563468337061e+09);
CREATE TABLE events (
	run VARCHAR(10) NOT NULL, 
	seq INTEGER NOT NULL, 
	wall FLOAT NOT NULL, 
	text TEXT NOT NULL, 
	PRIMARY KEY (run, seq), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "events" VALUES('4uydvndv',1,1.79538968576985192302e+09,'queued');
INSERT INTO "events" VALUES('edbz81fz',1,1.79538968577919530868e+09,'queued');
INSERT INTO "events" VALUES('edbz81fz',2,1.79538968578120303153e+09,'cancelled');
INSERT INTO "events" VALUES('4uydvndv',2,1.79538969332432079314e+09,'120 rows in 3 classes: 84 training, 18 validation, 18 test');
INSERT INTO "events" VALUES('4uydvndv',3,1.79538969338768267629e+09,'training on CPU, 1 thread');
INSERT INTO "events" VALUES('4uydvndv',4,1.79538969353826689725e+09,'done after 3 epochs; lowest validation loss in epoch 3');
INSERT INTO "events" VALUES('sk2rso1u',1,1.79538969561281681061e+09,'queued');
CREATE TABLE imports (
	id VARCHAR(16) NOT NULL, 
	kind VARCHAR(16) NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	phase VARCHAR(16) NOT NULL, 
	done INTEGER NOT NULL, 
	total INTEGER NOT NULL, 
	message TEXT NOT NULL, 
	summary JSON NOT NULL, 
	cancel BOOLEAN NOT NULL, 
	created FLOAT NOT NULL, 
	beat FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "imports" VALUES('bb0533af88','files','done','importing',1,1,'','{"imported": [{"id": "drt61041", "name": "CD20080101_pha-4_1_L1", "existed": false, "flags": ["stops early"]}], "rejected": [], "applied": []}',0,1.79538968554366517062e+09,1.7953896856491241455e+09);
CREATE TABLE metrics (
	run VARCHAR(10) NOT NULL, 
	seq INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	tag TEXT NOT NULL, 
	value FLOAT, 
	wall FLOAT NOT NULL, 
	PRIMARY KEY (run, seq), 
	FOREIGN KEY(run) REFERENCES runs (id)
);
INSERT INTO "metrics" VALUES('4uydvndv',1,1,'loss/train',3.36764961197262735481e+00,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',2,1,'loss/validation',3.18571323818630647295e+00,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',3,1,'accuracy/validation',2.77777777777777790113e-01,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',4,1,'balanced_accuracy/validation',4.07407407407407440302e-01,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',5,1,'macro_f1/validation',2.26475279106858051747e-01,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',6,1,'learning_rate',0.001,1.79538969343920779223e+09);
INSERT INTO "metrics" VALUES('4uydvndv',7,2,'loss/train',2.5251786879130770913e+00,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',8,2,'loss/validation',1.2705435223049588167e+00,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',9,2,'accuracy/validation',0.5,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',10,2,'balanced_accuracy/validation',3.33333333333333314829e-01,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',11,2,'macro_f1/validation',2.30769230769230754285e-01,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',12,2,'learning_rate',0.001,1.79538969348867034911e+09);
INSERT INTO "metrics" VALUES('4uydvndv',13,3,'loss/train',8.46036766256604844116e-01,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',14,3,'loss/validation',5.2508359485202360517e-01,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',15,3,'accuracy/validation',8.3333333333333337034e-01,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',16,3,'balanced_accuracy/validation',6.66666666666666629659e-01,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',17,3,'macro_f1/validation',6.07692307692307753796e-01,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',18,3,'learning_rate',0.001,1.795389693505717516e+09);
INSERT INTO "metrics" VALUES('4uydvndv',19,3,'accuracy/test',6.66666666666666629659e-01,1.79538969353671646117e+09);
INSERT INTO "metrics" VALUES('4uydvndv',20,3,'balanced_accuracy/test',6.66666666666666629659e-01,1.79538969353671646117e+09);
INSERT INTO "metrics" VALUES('4uydvndv',21,3,'macro_f1/test',5.23809523809523835957e-01,1.79538969353671646117e+09);
INSERT INTO "metrics" VALUES('4uydvndv',22,3,'majority/test',4.44444444444444419772e-01,1.79538969353671646117e+09);
CREATE TABLE runs (
	id VARCHAR(10) NOT NULL, 
	name TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	owner TEXT NOT NULL, 
	state VARCHAR(16) NOT NULL, 
	config JSON NOT NULL, 
	sources JSON NOT NULL, 
	inflated TEXT, 
	created FLOAT NOT NULL, 
	started FLOAT, 
	finished FLOAT, 
	worker TEXT, 
	lease_until FLOAT, 
	cancel BOOLEAN NOT NULL, 
	attempts INTEGER NOT NULL, 
	losses INTEGER NOT NULL, 
	generation INTEGER NOT NULL, 
	epoch INTEGER NOT NULL, 
	epochs INTEGER NOT NULL, 
	phase TEXT NOT NULL, 
	device TEXT NOT NULL, 
	best JSON NOT NULL, 
	last JSON NOT NULL, 
	error TEXT, 
	deleted FLOAT, 
	PRIMARY KEY (id)
);
INSERT INTO "runs" VALUES('4uydvndv','first run','','Ada','done','{"embryos": ["drt61041"], "preset": null, "stop_at_cells": 200, "names": "sulston", "scheme": "prefix", "depth": 2, "features": "standardised", "split": "row", "validation_share": 0.15, "test_share": 0.15, "resampling": "sqrt-sampler", "model": "published", "epochs": 3, "batch_size": 8, "learning_rate": 0.001, "schedule": "validation-loss", "factor": 0.5, "patience": 3, "early_stop": 0, "seed": 0, "name": "first run", "notes": ""}','[{"id": "drt61041", "name": "CD20080101_pha-4_1_L1", "checksum": "4c1ddda8a2164de4bc4af4d9e5a0ad670a66b2080569b417082fd0a8932e0a5a", "interval_s": 61.5, "pixel_um": 0.09, "plane_um": 1.0, "session": "20080101"}]','rows were split at random: the same cell stands in training one frame away from a row scored',1.79538968576781177524e+09,1.79538968826264762877e+09,1795389693.53677,NULL,NULL,0,0,0,1,3,3,'','CPU, 1 thread','{"loss/train": 0.8460367662566048, "loss/validation": 0.5250835948520236, "accuracy/validation": 0.8333333333333334, "balanced_accuracy/validation": 0.6666666666666666, "macro_f1/validation": 0.6076923076923078, "learning_rate": 0.001, "accuracy/test": 0.6666666666666666, "balanced_accuracy/test": 0.6666666666666666, "macro_f1/test": 0.5238095238095238, "majority/test": 0.4444444444444444}','{"loss/train": 0.8460367662566048, "loss/validation": 0.5250835948520236, "accuracy/validation": 0.8333333333333334, "balanced_accuracy/validation": 0.6666666666666666, "macro_f1/validation": 0.6076923076923078, "learning_rate": 0.001}',NULL,NULL);
INSERT INTO "runs" VALUES('edbz81fz','waits','line one
line two','','cancelled','{"embryos": ["drt61041", "wq8a2ov2"], "preset": null, "stop_at_cells": 200, "names": "sulston", "scheme": "prefix", "depth": 2, "features": "standardised", "split": "row", "validation_share": 0.15, "test_share": 0.15, "resampling": "sqrt-sampler", "model": "published", "epochs": 2, "batch_size": 8, "learning_rate": 0.001, "schedule": "validation-loss", "factor": 0.5, "patience": 3, "early_stop": 0, "seed": 0, "name": "waits", "notes": ""}','[{"id": "drt61041", "name": "CD20080101_pha-4_1_L1", "checksum": "4c1ddda8a2164de4bc4af4d9e5a0ad670a66b2080569b417082fd0a8932e0a5a", "interval_s": 61.5, "pixel_um": 0.09, "plane_um": 1.0, "session": "20080101"}, {"id": "wq8a2ov2", "name": "\u00dcn\u00efcode \u2019quoted\u2019 name; DROP TABLE", "checksum": "7e742b8e4aab9e27108cb2e5947804e4edeb9ea2959abff3306d9256c75f14fc", "interval_s": 60.0, "pixel_um": 0.09, "plane_um": 1.0, "session": ""}]','rows were split at random: the same cell stands in training one frame away from a row scored',1.79538968577825784689e+09,NULL,1.79538968578044652937e+09,NULL,NULL,1,0,0,0,0,2,'','','{}','{}',NULL,NULL);
INSERT INTO "runs" VALUES('sk2rso1u','waits still','','','queued','{"embryos": ["drt61041", "wq8a2ov2"], "preset": null, "stop_at_cells": 200, "names": "sulston", "scheme": "prefix", "depth": 2, "features": "standardised", "split": "row", "validation_share": 0.15, "test_share": 0.15, "resampling": "sqrt-sampler", "model": "published", "epochs": 2, "batch_size": 8, "learning_rate": 0.001, "schedule": "validation-loss", "factor": 0.5, "patience": 3, "early_stop": 0, "seed": 0, "name": "waits still", "notes": ""}','[{"id": "drt61041", "name": "CD20080101_pha-4_1_L1", "checksum": "4c1ddda8a2164de4bc4af4d9e5a0ad670a66b2080569b417082fd0a8932e0a5a", "interval_s": 61.5, "pixel_um": 0.09, "plane_um": 1.0, "session": "20080101"}, {"id": "wq8a2ov2", "name": "\u00dcn\u00efcode \u2019quoted\u2019 name; DROP TABLE", "checksum": "7e742b8e4aab9e27108cb2e5947804e4edeb9ea2959abff3306d9256c75f14fc", "interval_s": 60.0, "pixel_um": 0.09, "plane_um": 1.0, "session": ""}]','rows were split at random: the same cell stands in training one frame away from a row scored',1.7953896956113758087e+09,NULL,NULL,NULL,NULL,0,0,0,0,0,2,'','','{}','{}',NULL,NULL);
CREATE TABLE unlisted_embryos (
	embryo VARCHAR(10) NOT NULL, 
	PRIMARY KEY (embryo), 
	FOREIGN KEY(embryo) REFERENCES embryos (id)
);
INSERT INTO "unlisted_embryos" VALUES('wq8a2ov2');
INSERT INTO "unlisted_embryos" VALUES('q05fr7bj');
CREATE TABLE workers (
	id TEXT NOT NULL, 
	host TEXT NOT NULL, 
	pid INTEGER NOT NULL, 
	slots INTEGER NOT NULL, 
	devices JSON NOT NULL, 
	started FLOAT NOT NULL, 
	beat FLOAT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "workers" VALUES('0badcafe-1-2','lab',2,1,'[]',1.79538969562520456311e+09,1.79538969562520456311e+09);
CREATE INDEX embryos_by_imported ON embryos (imported, id);
CREATE INDEX embryos_there_by_id ON embryos (deleted, id);
CREATE INDEX embryos_there_by_name ON embryos (deleted, name, id, gene, strain, date, source, cells, frames, start_cells, end_cells, max_cells, first_frame, last_frame, interval_s);
CREATE INDEX runs_by_created ON runs (created, id);
CREATE INDEX runs_by_state ON runs (state, created);
CREATE INDEX embryo_tags_by_embryo ON embryo_tags (embryo);
COMMIT;
